"""Run the tests against the versions of Python, numpy, OpenCV, Pillow, safetensors and torch that users have.

    python tools/measure/version_matrix.py [--torch torch==2.13.0] [--only 3.11] [--json FILE] [--docs PAGE]
    python tools/measure/version_matrix.py --show FILE.. [--docs PAGE]

Each row gets a virtual environment of its own, which is taken away afterwards. A Python that is not on the path and
versions that pip cannot find are said in the table, not passed over. --only: rows in which one of the words occurs.
--docs writes the table between the comments `<!-- versions -->` and `<!-- /versions -->` of a page.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from docs_table import markdown_table, write_between

_PROJECT = Path(__file__).resolve().parents[2]
_NEEDED = ("pytest>=8", "hypothesis>=6", "tqdm", "scikit-image")
# The tests in which the versions of others matter: what works on pictures, and what works with torch.
_PICTURES = ("colour", "contrast", "decoding", "discovery", "exposure", "files", "heif", "lens", "standardise", "warp")
_NETWORKS = ("conversion", "embedded", "hostile_weights", "lazy_import", "network", "pipeline", "properties", "pruning")
_TESTS = (*_PICTURES, *_NETWORKS, "reader", "resample", "skin", "texture", "tiling", "unet", "yunet")
_LONGEST = 1200  # s, for the tests of one row
_COUNTS = re.compile(r"^.*\b(?:passed|failed|error|errors)\b.* in [0-9.]+s", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """One environment. packages: as pip takes them."""

    python: str
    packages: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.python, *self.packages))


@dataclass(frozen=True)
class Outcome:
    """What came of a row. installed: the versions that were there. result: in words, for the table."""

    python: str
    installed: dict[str, str]
    result: str


_NEWEST = ("numpy", "pillow", "safetensors", "pillow-heif")
ROWS = (
    Row("3.11", ("numpy==1.26.4", "opencv-python==4.8.0.74", "pillow==10.1.0", "safetensors==0.4.0")),
    Row("3.11", ("numpy==1.26.4", "opencv-python==4.11.0.86", "pillow", "safetensors", "pillow-heif")),
    Row("3.11", ("numpy==2.0.2", "opencv-python-headless==4.11.0.86", "pillow", "safetensors", "pillow-heif")),
    Row("3.11", ("opencv-python==4.14.0.94", *_NEWEST)),
    Row("3.11", ("opencv-python==5.0.0.93", *_NEWEST)),
    Row("3.11", ("opencv-python-headless==5.0.0.93", *_NEWEST)),
    Row("3.11", ("opencv-contrib-python==4.11.0.86", *_NEWEST)),
    Row("3.11", ("opencv-contrib-python==5.0.0.93", *_NEWEST)),
    *(Row(python, ("opencv-python", *_NEWEST)) for python in ("3.10", "3.12", "3.13")),
)


def run(row: Row, torch: str | None) -> Outcome:
    """Make the environment of a row, run the tests in it, and take it away. torch: as pip takes it, None for none."""
    python = shutil.which(f"python{row.python}")
    if python is None:
        return Outcome(row.python, {}, "not run: this Python was not at hand")
    with tempfile.TemporaryDirectory(prefix="gpen-matrix-") as folder:
        subprocess.run([python, "-m", "venv", folder], check=True)
        own = str(Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        wanted = [*row.packages, *_NEEDED, *([torch] if torch else [])]
        done = _called([own, "-m", "pip", "install", "--quiet", "--only-binary=:all:", *wanted])
        if done.returncode:
            reason = next((line for line in done.stderr.splitlines() if line.startswith("ERROR")), "pip failed")
            return Outcome(row.python, {}, f"not run: {reason.removeprefix('ERROR: ')}")
        return Outcome(row.python, _installed(own), _tested(own, row) if torch else _compiled(own))


def _called(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, cwd=_PROJECT, timeout=_LONGEST)


def _installed(python: str) -> dict[str, str]:
    """Name and version of what matters, as the environment itself tells them."""
    code = "import json, importlib.metadata as m, platform; print(json.dumps({d.metadata['Name'].lower(): d.version "
    code += "for d in m.distributions()} | {'python': platform.python_version()}))"
    found: dict[str, str] = json.loads(_called([python, "-c", code]).stdout)
    matter = re.compile(r"python|torch|numpy|opencv.*|pillow|safetensors")
    return {name: version for name, version in sorted(found.items()) if matter.fullmatch(name)}


def _compiled(python: str) -> str:
    """What can be said without torch."""
    done = _called([python, "-m", "compileall", "-q", "-f", "gpen_core", "nodes", "tools", "tests", "__init__.py"])
    version = _called([python, "-m", "gpen_core.cli", "--version"])
    return f"no torch: {'some files do not compile' if done.returncode else 'all files compile'}, gpen --version " + (
        "fails" if version.returncode else "answers"
    )


def _tested(python: str, row: Row) -> str:
    names = (name for name in _TESTS if name != "heif" or "pillow-heif" in row.packages)
    files = [f"tests/core/test_{name}.py" for name in names]
    try:
        done = _called([python, "-m", "pytest", "-p", "no:cacheprovider", "--tb=line", *files])
    except subprocess.TimeoutExpired:
        return f"did not end in {_LONGEST} s"
    print(done.stdout[-3000:], done.stderr[-2000:], sep="\n")
    counts = _COUNTS.findall(done.stdout)
    return re.sub(r" in [0-9.]+s.*", "", counts[-1].strip("= ")) if counts else f"ended with code {done.returncode}"


def table(outcomes: Sequence[Outcome]) -> str:
    """One line for each row."""
    rows = [
        (
            outcome.installed.get("python", outcome.python),
            outcome.installed.get("torch", "none" if outcome.installed else "-"),
            outcome.installed.get("numpy", "-"),
            ", ".join(f"{name} {each}" for name, each in outcome.installed.items() if "opencv" in name) or "-",
            outcome.installed.get("pillow", "-"),
            outcome.installed.get("safetensors", "-"),
            outcome.result,
        )
        for outcome in outcomes
    ]
    return markdown_table(("Python", "torch", "numpy", "OpenCV", "Pillow", "safetensors", "Tests"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--torch", default="torch==2.13.0", help="as pip takes it (default: %(default)s)")
    parser.add_argument("--without-torch", action="store_true", help="only compile, where no torch is to be had")
    parser.add_argument("--only", nargs="+", metavar="WORD")
    parser.add_argument("--json", type=Path, help="file to write the outcomes to, after each row")
    parser.add_argument("--show", type=Path, nargs="+", help="what --json wrote, instead of running")
    parser.add_argument("--docs", type=Path, help="page to write the table to")
    args = parser.parse_args()
    if args.show:
        outcomes = [Outcome(**each) for path in args.show for each in json.loads(path.read_text(encoding="utf-8"))]
    else:
        outcomes: list[Outcome] = []
        for row in ROWS:
            if args.only and not any(word in str(row) for word in args.only):
                continue
            print(row, flush=True)
            outcomes.append(run(row, None if args.without_torch else args.torch))
            print(outcomes[-1].result, flush=True)
            if args.json:
                args.json.write_text(json.dumps([asdict(each) for each in outcomes], indent=1), encoding="utf-8")
    print(table(outcomes))
    if args.docs:
        write_between(args.docs, "versions", table(outcomes))


if __name__ == "__main__":
    main()
