"""`gpen restore`: restore the faces of files and folders."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from ..archive import Job, Journal, LocalEngine, Shard, Target, kept_outputs, plan_targets, remaining
from ..image import FoundPicture
from .archive_options import add_archive_options, open_journal, shard_of, without_clips
from .clip_options import add_clip_options, clip_settings
from .clip_targets import CLIP_ENDINGS, ClipTarget, plan_clip_targets
from .file_path import file_path
from .inputs import InputProblem, collect_pictures
from .job_options import add_job_options, job_of
from .json_file import write_json_file
from .outputs import Outputs
from .page_file import make_page
from .quiet import add_quiet_option, without_bar
from .restoring_clips import check_clips, restore_clips
from .restoring_pictures import FaceBar, restore_pictures, start_engine, start_ray
from .run_report import RunReport
from .subparsers import Subparsers
from .tally import Tally


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("restore", help="restore the faces in pictures and clips", description=__doc__)
    parser.add_argument(
        "inputs", nargs="+", type=file_path, metavar="INPUT", help="files of pictures and clips, and folders"
    )
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, metavar="OUT", help="folder, or file for one input"
    )
    add_job_options(parser)
    add_clip_options(parser)
    parser.add_argument("--report", type=file_path, metavar="FILE", help="write what was done to each face as JSON")
    parser.add_argument(
        "--html", type=file_path, metavar="FILE", help="write the report as a page, with every picture before and after"
    )
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_archive_options(parser)
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Restore all inputs; a bad file does not stop the others. Returns 1 when any failed."""
    shard, job = shard_of(args), job_of(args)
    found, problems = collect_pictures(args.inputs, args.recursive, args.output, also=CLIP_ENDINGS)
    with open_journal(args, job, shard) as journal:
        return _restore(args, job, shard, journal, found, problems)


def _restore(
    args: argparse.Namespace,
    job: Job,
    shard: Shard,
    journal: Journal | None,
    found: Sequence[FoundPicture],
    problems: Sequence[InputProblem],
) -> int:
    pictures, clips = _apart(found)
    clips = clips if journal is None and args.engine == "local" else without_clips(pictures, clips)
    known = journal.known if journal else {}
    planned = plan_targets(pictures, args.output, args.format, kept_outputs(known)) if pictures else []
    clip_targets = plan_clip_targets(clips, args.output) if clips else []
    _check_outputs(args, found, [*planned, *clip_targets], goes_on=journal is not None and journal.runs > 0)
    video, encoding = clip_settings(args)
    if clips:
        check_clips(job.settings, args)
    targets = [target for target in planned if shard.holds(target.key)]
    left = remaining(targets, known, args.overwrite, args.compare)
    if journal:
        journal.begin_run(len(targets), [problem.entry for problem in problems])
        for note in journal.notes:
            print(f"note: {note}", file=sys.stderr)
        print(f"shard {shard}: {left.summary()}" if args.shard else left.summary())
    tally = Tally([problem.text for problem in problems], keep=journal is None)
    report = RunReport(problems, targets, clip_targets, tally, journal)
    try:
        if left.tasks or clip_targets:
            bar = FaceBar(without_bar(args) if len(left.tasks) == 1 else True)
            with closing(bar):
                engine = start_engine(job, bar) if args.engine == "local" else start_ray(job, args)
                restore_pictures(engine, left.tasks, journal, args, tally)
            if clip_targets and isinstance(engine, LocalEngine) and not tally.halted:
                model, detector = engine.worker.model, engine.worker.detector
                restore_clips(clip_targets, model, detector, job.settings, video, encoding, args, tally)
    finally:
        if args.report:
            write_json_file(args.report, report.entries())
    if args.html:  # not where the run was interrupted: thumbnails take their time
        make_page(args.html, report.pictures(), report.totals(), without_bar(args))
    return _conclude(tally, [task.target for task in left.tasks], clip_targets, args)


def _apart(found: Sequence[FoundPicture]) -> tuple[list[FoundPicture], list[FoundPicture]]:
    """Pictures, and clips."""
    clips = [each for each in found if each.path.suffix.lower() in CLIP_ENDINGS]
    return [each for each in found if each.path.suffix.lower() not in CLIP_ENDINGS], clips


def _check_outputs(
    args: argparse.Namespace, found: Sequence[FoundPicture], planned: Sequence[Target | ClipTarget], goes_on: bool
) -> None:
    """Raises GPENError where anything cannot be written. goes_on: reports of earlier runs are replaced."""
    outputs = Outputs([each.path for each in found], args.overwrite)
    outputs.add_pictures(planned, "the result", over_source=args.overwrite)
    for path, what in ((args.report, "the report"), (args.html, "the page")):
        if path:
            outputs.add_file(path, what, replaces=goes_on)


def _conclude(
    tally: Tally, targets: Sequence[Target], clip_targets: Sequence[ClipTarget], args: argparse.Namespace
) -> int:
    """Print what is to be said at the end; returns the exit code."""
    failures, planned = list(tally.failures), [*targets, *clip_targets]
    if tally.halted:
        left = len(planned) - tally.count(planned)
        what = "file" if clip_targets else "picture"
        failures.append(f"{tally.halted}: {left} {what}{'' if left == 1 else 's'} not restored.")
    for warning in tally.warnings:
        print(f"note: {warning}", file=sys.stderr)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    for what, own in (("pictures", targets), ("clips", clip_targets)):
        if own:
            print(f"{tally.count_written(own)} of {len(own)} {what} written to {args.output}")
    return 1 if failures else 0
