"""`gpen restore`: restore the faces of files and folders."""

from __future__ import annotations

import argparse
import sys

from .. import registry
from ..checkpoints import EMBEDDED_NETWORK
from ..device import PRECISIONS
from ..errors import GPENError
from ..faces import make_detector
from ..image import FoundPicture
from ..network import DEFAULT_FIDELITY
from ..restore import RestoreSettings
from .clip_options import add_clip_options, clip_settings
from .clip_targets import CLIP_ENDINGS, ClipTarget, plan_clip_targets
from .file_path import file_path
from .inputs import collect_pictures
from .json_file import write_json_file
from .options import (
    add_choice_options,
    add_detection_options,
    add_settings_options,
    face_choice,
    with_given_settings,
)
from .outputs import Outputs
from .overlap import OneAtATime
from .quiet import add_quiet_option
from .restoring_clips import check_clips, restore_clips
from .restoring_pictures import restore_pictures
from .subparsers import Subparsers
from .tally import Tally
from .targets import Target, plan_targets


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
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Restore all inputs; a bad file does not stop the others. Returns 1 when any failed."""
    found, problems = collect_pictures(args.inputs, args.recursive, args.output, also=CLIP_ENDINGS)
    pictures, clips = _apart(found)
    targets = plan_targets(pictures, args.output, args.format) if pictures else []
    clip_targets = plan_clip_targets(clips, args.output) if clips else []
    outputs = Outputs([each.path for each in found], args.overwrite)
    outputs.add_pictures([*targets, *clip_targets], "the result", over_source=args.overwrite)
    settings = with_given_settings(RestoreSettings(choice=face_choice(args)), args)
    video, encoding = clip_settings(args)
    if not 1 <= args.quality <= 100:
        raise GPENError(f"--quality must be 1 to 100, got {args.quality}.")
    if args.report:
        outputs.add_file(args.report, "the report")
    if clips:
        check_clips(settings, args)
    model = registry.load_model(args.model, args.device, args.precision, args.variant, fidelity=args.fidelity)
    detector = make_detector(args.detector, device=str(model.device))
    print(f"{model.name} on {model.device} in {model.precision}, faces by {detector.name}")
    for limit in model.network.limits:
        print(f"note: {limit}", file=sys.stderr)
    tally = Tally([problem.text for problem in problems])
    try:
        if targets:
            restore_pictures(targets, model, OneAtATime(detector), settings, args, tally)
        if clip_targets and not tally.full:
            restore_clips(clip_targets, model, detector, settings, video, encoding, args, tally)
    finally:
        if args.report:
            done = tally.entries_of([*targets, *clip_targets])
            write_json_file(args.report, [*(problem.entry for problem in problems), *done])
    return _conclude(tally, targets, clip_targets, args)


def _apart(found: list[FoundPicture]) -> tuple[list[FoundPicture], list[FoundPicture]]:
    """Pictures, and clips."""
    clips = [each for each in found if each.path.suffix.lower() in CLIP_ENDINGS]
    return [each for each in found if each not in clips], clips


def _conclude(tally: Tally, targets: list[Target], clip_targets: list[ClipTarget], args: argparse.Namespace) -> int:
    """Print what is to be said at the end; returns the exit code."""
    failures, planned = list(tally.failures), [*targets, *clip_targets]
    if tally.full:
        left = len(planned) - len(tally.entries_of(planned))
        what = "file" if clip_targets else "picture"
        failures.append(f"The disk is full: {left} {what}{'' if left == 1 else 's'} not restored.")
    for warning in tally.warnings:
        print(f"note: {warning}", file=sys.stderr)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    for what, own in (("pictures", targets), ("clips", clip_targets)):
        if own:
            print(f"{tally.count_written(own)} of {len(own)} {what} written to {args.output}")
    return 1 if failures else 0
