"""`gpen restore`: restore the faces of files and folders."""

from __future__ import annotations

import argparse
import errno
import logging
import os
import sys
from contextlib import closing
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from tqdm import tqdm

from .. import registry
from ..checkpoints import EMBEDDED_NETWORK
from ..device import PRECISIONS
from ..errors import GPENError
from ..faces import FaceDetector, make_detector
from ..image import PictureError, PictureFile, read_picture, write_picture
from ..model import GPENModel
from ..network import DEFAULT_FIDELITY
from ..quality import advise_picture
from ..restore import RestoreReport, RestoreSettings, find_faces, restore
from ..restore.warnings import JPEG_LOSES
from .admission import Admission
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
from .overlap import Check, OneAtATime, overlapped
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers
from .targets import Target, plan_targets

logger = logging.getLogger(__name__)

_FULL = (errno.ENOSPC, errno.EDQUOT)
_AT_ONCE = 3  # pictures: one in the network while one is read and searched and one is finished and written
_AT_MOST = 8  # pictures in memory, where many cores feed a GPU


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("restore", help="restore the faces in pictures", description=__doc__)
    parser.add_argument("inputs", nargs="+", type=file_path, metavar="INPUT", help="picture files and folders")
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
    parser.add_argument("--format", choices=("png", "jpeg"), help="of the results (default: png)")
    parser.add_argument("--quality", type=int, default=95, metavar="1-100", help="of JPEG (default: %(default)s)")
    parser.add_argument("--compare", action="store_true", help="also write before | after pictures")
    parser.add_argument("--report", type=file_path, metavar="FILE", help="write what was done to each face as JSON")
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Restore all inputs; a bad file does not stop the others. Returns 1 when any failed."""
    pictures, problems = collect_pictures(args.inputs, args.recursive, args.output)
    failures = [problem.text for problem in problems]
    targets = plan_targets(pictures, args.output, args.format)
    outputs = Outputs([found.path for found in pictures], args.overwrite)
    outputs.add_pictures(targets, "the result", over_source=args.overwrite)
    settings = with_given_settings(RestoreSettings(choice=face_choice(args)), args)
    if not 1 <= args.quality <= 100:
        raise GPENError(f"--quality must be 1 to 100, got {args.quality}.")
    if args.report:
        outputs.add_file(args.report, "the report")
    model = registry.load_model(args.model, args.device, args.precision, args.variant, fidelity=args.fidelity)
    detector = OneAtATime(make_detector(args.detector, device=str(model.device)))
    print(f"{model.name} on {model.device} in {model.precision}, faces by {detector.name}")
    for limit in model.network.limits:
        print(f"note: {limit}", file=sys.stderr)
    admission = Admission(doubled=args.compare or settings.lens != "none")
    entries: dict[Target, dict[str, Any]] = {}
    warnings: dict[str, None] = {}  # each once, in order
    full = False

    def work(target: Target, check: Check) -> RestoreReport:
        with admission.of(target.source, check):
            report = _restore_file(target, model, detector, settings, args, check, alone=len(targets) == 1)
        # Here, so that Ctrl-C leaves no picture that was written out of the report.
        entries[target] = {"input": str(target.source), "output": str(target.result), **report.as_dict()}
        return report

    try:
        with closing(overlapped(work, targets, _at_once(model))) as outcomes:
            for outcome in tqdm(outcomes, total=len(targets), unit="picture", disable=without_bar(args)):
                target, report, error = outcome.item, outcome.value, outcome.error
                if report is None:  # whatever is wrong with one file, the others are still wanted
                    if not isinstance(error, GPENError):
                        logger.error("Unexpected error in %s", target.source, exc_info=error)
                    text = str(error) or type(error).__name__
                    failures.append(f"{target.source}: {text}")
                    entries[target] = {"input": str(target.source), "error": text}
                    full = _disk_is_full(error)
                    if full:
                        break
                    continue
                tqdm.write(f"{target.source.name}: {report.summary()}")
                warnings |= dict.fromkeys(report.warnings)
    finally:
        if args.report:
            done = [entries[target] for target in targets if target in entries]
            write_json_file(args.report, [*(problem.entry for problem in problems), *done])
    if full:
        left = len(targets) - len(entries)
        failures.append(f"The disk is full: {left} picture{'' if left == 1 else 's'} not restored.")
    for warning in warnings:
        print(f"note: {warning}", file=sys.stderr)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    written = sum("output" in entry for entry in entries.values())
    print(f"{written} of {len(targets)} pictures written to {args.output}")
    return 1 if failures else 0


def _disk_is_full(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return True
        error = error.__cause__
    return False


def _at_once(model: GPENModel) -> int:
    """Pictures worked on at once: a GPU is faster than one core is with all that is around the network."""
    return _AT_ONCE if model.device.type == "cpu" else min(max(os.cpu_count() or 1, _AT_ONCE), _AT_MOST)


def _restore_file(
    target: Target,
    model: GPENModel,
    detector: FaceDetector,
    settings: RestoreSettings,
    args: argparse.Namespace,
    check: Check,
    alone: bool,
) -> RestoreReport:
    """Restore one file, with a bar for its faces if it is alone. Nothing is written before everything has worked."""
    if not args.overwrite:
        _refuse_existing(target, args.compare)
    picture = read_picture(target.source)
    faces = None
    if args.auto:
        pixels = picture.pixels.numpy()
        advised = advise_picture(pixels, find_faces(pixels, detector))
        settings = with_given_settings(advised.settings_for(settings), args)
        tqdm.write(f"{target.source.name}: {_in_words(settings)}")
        if settings.lens == "none":  # else they are looked for again, where the lens does not bend them
            faces = [advised.faces]
    with tqdm(unit="face", leave=False, disable=without_bar(args) if alone else True) as bar:

        def progress(done: int, total: int | None) -> None:
            check()
            bar.total = total
            bar.update(done - bar.n)

        result = restore(
            picture.pixels,
            model,
            settings,
            detector=detector,
            faces=faces,
            found_by=detector.name,
            progress=progress,
            remember=False,  # no picture comes twice
        )
    check()
    target.result.parent.mkdir(parents=True, exist_ok=True)
    _write(target, picture, result.image, args)
    report = result.report
    return replace(report, warnings=(*report.warnings, JPEG_LOSES)) if target.format == "jpeg" else report


def _write(target: Target, picture: PictureFile, restored: Tensor, args: argparse.Namespace) -> None:
    """The restored picture, and with it the comparison that was asked for, or neither."""
    if args.compare:
        both = torch.cat([picture.pixels, restored], dim=1)
        like = replace(picture, alpha=None)
        write_picture(target.comparison, both, like, target.format, args.quality, args.overwrite)
    try:
        write_picture(target.result, restored, picture, target.format, args.quality, args.overwrite)
    except BaseException:
        if args.compare:
            target.comparison.unlink(missing_ok=True)
        raise


def _in_words(settings: RestoreSettings) -> str:
    if settings.strength == 0.0:
        return "best left alone (strength 0)"
    return (
        f"strength {settings.strength:g}, {settings.mode}, denoise {settings.denoise:g}, sharpen {settings.sharpen:g}"
    )


def _refuse_existing(target: Target, compare: bool) -> None:
    for path in target.files if compare else (target.result,):
        if os.path.exists(path):
            raise PictureError(f"{path} already exists.\nChoose another folder with -o, or add --overwrite.")
