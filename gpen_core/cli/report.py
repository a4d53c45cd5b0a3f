"""`gpen report`: what the journals of an archive say."""

from __future__ import annotations

import argparse
import sys

from ..archive import ReadJournal, missing_shards, read_journals, total_of
from ..archive.totals import progress_of
from .file_path import file_path
from .json_file import write_json_file
from .outputs import Outputs
from .page_file import make_page
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("report", help="what the journals of an archive say", description=__doc__)
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    merge = _action(actions, "merge", "join the journals of all shards: totals, failures by reason, pictures per hour")
    merge.add_argument(
        "-o", "--output", type=file_path, metavar="FILE", help="write the report of all pictures as JSON"
    )
    merge.set_defaults(func=_merge)
    page = _action(actions, "html", "a page with every picture before and after")
    page.add_argument("-o", "--output", type=file_path, metavar="FILE", required=True, help="the page")
    add_quiet_option(page)
    page.set_defaults(func=_page)


def _action(actions: Subparsers, name: str, what: str) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.add_argument(
        "journals", nargs="+", type=file_path, metavar="JOURNAL", help="journals, and folders of results with journals"
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    return parser


def _merge(args: argparse.Namespace) -> int:
    """Print the totals. Returns 1 when pictures failed or are left, or a shard is missing."""
    journals = _read(args)
    if args.output is not None:
        write_json_file(args.output, (entry for journal in journals for entry in journal.entries()))
    totals = total_of(journals)
    for line in totals.lines():
        print(line)
    missing = missing_shards(journals)
    for number in missing:
        print(f"missing: no journal of shard {number}/{journals[0].state.shard.count}", file=sys.stderr)
    return 1 if totals.failures or totals.left or missing else 0


def _page(args: argparse.Namespace) -> int:
    journals = _read(args)
    entries = (entry for journal in journals for entry in journal.entries())
    make_page(args.output, entries, progress_of(journals), without_bar(args))
    return 0


def _read(args: argparse.Namespace) -> list[ReadJournal]:
    """The journals, after it is clear that the output can be written."""
    journals = read_journals(args.journals)
    if args.output is not None:
        Outputs([journal.path for journal in journals], args.overwrite).add_file(args.output, "the report")
    return journals
