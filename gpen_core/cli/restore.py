"""`gpen restore`: restore the faces of files and folders."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing

from .. import registry
from ..archive import Job, Journal, Shard, Target, kept_outputs, plan_targets, remaining
from ..checkpoints import EMBEDDED_NETWORK
from ..device import PRECISIONS
from ..image import FoundPicture
from ..network import DEFAULT_FIDELITY
from ..restore import RestoreSettings
from .archive_options import add_archive_options, open_journal, shard_of, without_clips
from .clip_options import add_clip_options, clip_settings
from .clip_targets import CLIP_ENDINGS, ClipTarget, plan_clip_targets
from .file_path import file_path
from .inputs import InputProblem, collect_pictures
from .json_file import write_json_file
from .options import (
    add_choice_options,
    add_detection_options,
    add_settings_options,
    face_choice,
    given_settings,
    with_given_settings,
)
from .outputs import Outputs
from .page_file import make_page
from .quiet import add_quiet_option, without_bar
from .restoring_clips import check_clips, restore_clips
from .restoring_pictures import FaceBar, restore_pictures, start_engine
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
    parser.add_argument("--model", default=EMBEDDED_NETWORK, help="file or name (default: the embedded %(default)s)")
    add_detection_options(parser)
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument(
        "--variant",
        default="full",
        choices=registry.VARIANTS,
        help="pruned: a smaller, faster network made of the same file, for faces (default: full)",
    )
    parser.add_argument(
        "--fidelity",
        type=float,
        default=DEFAULT_FIDELITY,
        metavar="0-1",
        help="of CodeFormer: 0 for the best-looking face, 1 for the one most like the picture (default: %(default)s)",
    )
    parser.add_argument(
        "--auto",
        action="store_true",
        help="settings not given are as `gpen advise` recommends for each picture; sharp faces are left alone",
    )
    add_settings_options(parser)
    add_choice_options(parser)
    add_clip_options(parser)
    parser.add_argument("--format", choices=("png", "jpeg"), help="of the results (default: png)")
    parser.add_argument("--quality", type=int, default=95, metavar="1-100", help="of JPEG (default: %(default)s)")
    parser.add_argument("--compare", action="store_true", help="also write before | after pictures and clips")
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
    shard, job = shard_of(args), _job(args)
    found, problems = collect_pictures(args.inputs, args.recursive, args.output, also=CLIP_ENDINGS)
    with open_journal(args, job, shard) as journal:
        return _restore(args, job, shard, journal, found, problems)


def _job(args: argparse.Namespace) -> Job:
    """What the options ask for. Raises GPENError for an impossible value."""
    return Job(
        model=args.model,
        device=args.device,
        precision=args.precision,
        variant=args.variant,
        fidelity=args.fidelity,
        detector=args.detector,
        settings=with_given_settings(RestoreSettings(choice=face_choice(args)), args),
        auto=args.auto,
        given=given_settings(args),
        quality=args.quality,
        compare=args.compare,
    )


def _restore(
    args: argparse.Namespace,
    job: Job,
    shard: Shard,
    journal: Journal | None,
    found: Sequence[FoundPicture],
    problems: Sequence[InputProblem],
) -> int:
    pictures, clips = _apart(found)
    clips = clips if journal is None else without_clips(pictures, clips)
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
                engine = start_engine(job, bar)
                restore_pictures(engine, left.tasks, journal, args, tally)
            if clip_targets and not tally.halted:
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
