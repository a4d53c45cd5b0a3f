"""Which packages of OpenCV are installed: four exist, and each writes the same module cv2."""

from __future__ import annotations

from importlib import metadata

# The packages of https://pypi.org/user/opencv/, which ask for one of them at a time.
NAMES = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def installed_packages() -> dict[str, str]:
    """Name to version of every installed package of OpenCV; empty where cv2 came another way, with conda for one."""
    found = {}
    for name in NAMES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_clash(packages: dict[str, str]) -> str | None:
    """What is wrong with several packages of OpenCV in one environment and how to mend it; None for one or none.

    packages: name to version, as `installed_packages` gives them.
    """
    if len(packages) < 2:
        return None
    kept = max(packages, key=_most_complete)
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    return (
        f"Several packages of OpenCV lie over each other: {versions}.\n"
        "Each writes the module cv2, so that its files are a mixture; expected is one of them.\n"
        "Remove all, then put back one of them, here the most complete:\n"
        f"  python -m pip uninstall -y {' '.join(packages)}\n"
        f"  python -m pip install --no-deps {kept}=={packages[kept]}"
    )


def _most_complete(name: str) -> tuple[bool, bool]:
    """Contrib packages have modules that the others lack, and headless ones have no windows."""
    return "contrib" in name, "headless" not in name
