"""The pictures of `gpen restore`: several in work at once, each written when everything about it has worked."""

from __future__ import annotations

import argparse
import os
from contextlib import closing
from dataclasses import replace

import torch
from torch import Tensor
from tqdm import tqdm

from ..faces import FaceDetector
from ..image import PictureError, PictureFile, read_picture, write_picture
from ..model import GPENModel
from ..quality import advise_picture
from ..restore import RestoreReport, RestoreSettings, find_faces, restore
from ..restore.warnings import JPEG_LOSES
from .admission import Admission
from .options import with_given_settings
from .overlap import Check, overlapped
from .quiet import without_bar
from .tally import Tally
from .targets import Target

_AT_ONCE = 3  # pictures: one in the network while one is read and searched and one is finished and written
_AT_MOST = 8  # pictures in memory, where many cores feed a GPU


def restore_pictures(
    targets: list[Target],
    model: GPENModel,
    detector: FaceDetector,
    settings: RestoreSettings,
    args: argparse.Namespace,
    tally: Tally,
) -> None:
    """Restore pictures; a bad file does not stop the others, a full disk does."""
    admission = Admission(doubled=args.compare or settings.lens != "none")

    def work(target: Target, check: Check) -> RestoreReport:
        with admission.of(target.source, check):
            report = _restore_file(target, model, detector, settings, args, check, alone=len(targets) == 1)
        # Here, so that Ctrl-C leaves no picture that was written out of the report.
        tally.written(target, report.as_dict())
        return report

    with closing(overlapped(work, targets, _at_once(model))) as outcomes:
        for outcome in tqdm(outcomes, total=len(targets), unit="picture", disable=without_bar(args)):
            if outcome.value is None:  # whatever is wrong with one file, the others are still wanted
                tally.failed(outcome.item, outcome.error)
                if tally.full:
                    break
                continue
            tqdm.write(f"{outcome.item.source.name}: {outcome.value.summary()}")
            tally.warn(outcome.value.warnings)


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
