"""`gpen weights`: list, fetch, verify, convert and prune weight files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tqdm import tqdm

from ..checkpoints import (
    CatalogEntry,
    VerifyResult,
    all_entries,
    convert,
    convert_pruned,
    fetch,
    find_entry,
    find_file,
    resolve,
    verify,
)
from ..errors import GPENError
from ..pruning.pruner import DEFAULT_RATIO
from .file_path import file_path
from .subparsers import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command. `func` of the parsed arguments then runs it and returns the exit code, or raises GPENError.

    Of several files all are dealt with, whatever becomes of the others; the exit code is 1 if any failed.
    """
    parser = subparsers.add_parser(
        "weights", help="list, fetch, verify, convert and prune weight files", description=__doc__
    )
    commands = parser.add_subparsers(dest="weights_command", required=True)

    listing = commands.add_parser("list", help="show the published files and where they are here")
    listing.set_defaults(func=_list)

    fetching = commands.add_parser("fetch", help="download published files and check them")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="such as GPEN-BFR-512 (see 'gpen weights list')")
    fetching.add_argument(
        "--folder",
        type=file_path,
        help="where to put them (default: $GPEN_WEIGHTS, else ComfyUI's models, else the user's cache)",
    )
    fetching.set_defaults(func=_fetch)

    verifying = commands.add_parser("verify", help="compare files with the published size and SHA-256")
    verifying.add_argument("paths", nargs="*", metavar="PATH", help="file or name (default: all published files here)")
    verifying.set_defaults(func=_verify)

    converting = commands.add_parser("convert", help="write a GPEN network as safetensors")
    converting.add_argument("source", metavar="IN", help="file or name of a .pth, .pt, .bin or .safetensors network")
    converting.add_argument("target", type=file_path, metavar="OUT.safetensors")
    converting.add_argument("--half", action="store_true", help="store float16: half the size")
    converting.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    converting.set_defaults(func=_convert)

    pruning = commands.add_parser("prune", help="write a smaller GPEN network made of a full one; for faces only")
    pruning.add_argument("source", metavar="IN", help="file or name of a .pth, .pt, .bin or .safetensors network")
    pruning.add_argument("target", type=file_path, metavar="OUT.safetensors")
    pruning.add_argument(
        "--ratio",
        type=float,
        default=DEFAULT_RATIO,
        help=f"share of computing time and parameters to take away, 0 to 1 (default: {DEFAULT_RATIO:g})",
    )
    pruning.add_argument("--half", action="store_true", help="store float16: half the size")
    pruning.add_argument("--overwrite", action="store_true", help="replace OUT if it exists")
    pruning.set_defaults(func=_prune)


def _list(args: argparse.Namespace) -> int:
    width = max(len(entry.name) for entry in all_entries())
    for entry in all_entries():
        size = f"{entry.size / 1e6:.1f} MB" if entry.size is not None else "size unknown"
        print(f"{entry.name:{width}}  {entry.kind:9}  {size:>12}  {entry.note}")
        print(f"{'':{width}}  {find_file(entry.name) or 'not here'}")
    return 0


def _fetch(args: argparse.Namespace) -> int:
    failed = False
    for name in args.names:
        try:
            entry = find_entry(name)
            print(f"{entry.name}: {entry.note}\nTerms of use: {entry.terms}")
            print(_fetch_with_bar(entry, args.folder))
        except GPENError as error:
            print(error, file=sys.stderr)
            failed = True
    return int(failed)


def _fetch_with_bar(entry: CatalogEntry, folder: Path | None) -> Path:
    with tqdm(desc=entry.name, unit="B", unit_scale=True, unit_divisor=1000, disable=None) as bar:

        def show(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return fetch(entry, folder, show)


def _verify(args: argparse.Namespace) -> int:
    paths = args.paths or [path for entry in all_entries() if (path := find_file(entry.name))]
    if not paths:
        print("None of the published files is here.")
    failed = False
    for path in paths:
        try:
            result = verify(resolve(path))
            print(_describe(result))
            failed |= not result.good
        except GPENError as error:
            print(error, file=sys.stderr)
            failed = True
    return int(failed)


def _describe(result: VerifyResult) -> str:
    return f"{result.status:8}  {result.path}: {result.detail}\n{'':8}  {result.size:,} bytes, SHA-256 {result.sha256}"


def _convert(args: argparse.Namespace) -> int:
    source = resolve(args.source)
    _show_sizes(source, convert(source, args.target, half=args.half, overwrite=args.overwrite))
    return 0


def _prune(args: argparse.Namespace) -> int:
    source = resolve(args.source)
    _show_sizes(source, convert_pruned(source, args.target, args.ratio, half=args.half, overwrite=args.overwrite))
    return 0


def _show_sizes(source: Path, target: Path) -> None:
    before, after = source.stat().st_size, target.stat().st_size
    print(f"{source} ({before / 1e6:.1f} MB) -> {target} ({after / 1e6:.1f} MB)")
