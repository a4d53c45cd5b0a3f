"""`gpen info`: versions, devices, memory, and the weights found; add it to bug reports."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Iterator
from importlib import metadata

import cv2
import torch

from ..checkpoints import all_entries, find_file, search_folders
from ..checkpoints.folders import EMBEDDED_NETWORK
from ..opencv_packages import describe_clash, installed_packages
from ..version import __version__
from .subparsers import Subparsers

_PACKAGES = (
    "torch",
    "numpy",
    "face-alignment",
    "scikit-image",
    "numba",
    "safetensors",
    "pillow",
    "onnxruntime",
    "spandrel",
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("info", help="versions, devices, weights found", description=__doc__)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print everything."""
    print(f"gpen {__version__}, Python {platform.python_version()}, {platform.platform()}")
    for name in _PACKAGES:
        print(f"  {name} {_version(name)}")
    for line in _opencv():
        print(f"  {line}")
    print("Devices")
    for line in _devices():
        print(f"  {line}")
    print("Weights")
    names = [EMBEDDED_NETWORK, *(entry.name for entry in all_entries())]
    found = {name: path for name in names if (path := find_file(name)) is not None}
    for name, path in found.items():
        print(f"  {name}: {path}")
    print("  looked for in: " + ", ".join(str(folder) for folder in search_folders()))
    return 0


def _memory() -> str:
    try:
        return f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB of memory"
    except (AttributeError, ValueError, OSError):  # Windows does not say
        return ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed under this name"


def _opencv() -> Iterator[str]:
    packages = installed_packages()
    names = ", ".join(f"{name} {version}" for name, version in packages.items())
    yield f"OpenCV {cv2.__version__} ({names or 'not from a package of pip'})"
    yield from (describe_clash(packages) or "").splitlines()


def _devices() -> Iterator[str]:
    yield f"cpu: {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}{_memory()}"
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            name = torch.cuda.get_device_name(index)
            yield f"cuda:{index}: {name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free"
    if torch.backends.mps.is_available():
        yield "mps: Apple GPU"
