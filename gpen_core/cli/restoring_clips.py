"""The clips of `gpen restore`, one after the other."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from tqdm import tqdm

from ..errors import GPENError
from ..faces import FaceDetector
from ..model import GPENModel
from ..restore import RestoreSettings
from ..video import ClipReport, Encoding, VideoSettings, require_for_clips, restore_clip
from .clip_targets import ClipTarget
from .quiet import without_bar
from .tally import Tally


def check_clips(settings: RestoreSettings, args: argparse.Namespace) -> None:
    """Raises GPENError for settings that clips cannot have, before any work begins."""
    require_for_clips(settings)
    if args.auto:
        raise GPENError(
            "--auto measures pictures; the settings of a clip are given.\n"
            "See what is advised for a frame with `gpen advise`, and leave --auto out."
        )


def restore_clips(
    targets: Sequence[ClipTarget],
    model: GPENModel,
    detector: FaceDetector,
    settings: RestoreSettings,
    video: VideoSettings,
    encoding: Encoding,
    args: argparse.Namespace,
    tally: Tally,
) -> None:
    """Restore clips; a bad file does not stop the others, a full disk does."""
    for target in targets:
        try:
            report = _restore_file(target, model, detector, settings, video, encoding, args)
        except Exception as error:  # whatever is wrong with one file, the others are still wanted
            tally.failed(target, error)
            if tally.halted:
                return
            continue
        tally.written(target, report.as_dict())
        tally.warn((*report.failures(), *report.warnings))
        print(f"{target.source.name}: {report.summary()}")
        for track in report.tracks:
            print(f"  {track.line()}")


def _restore_file(
    target: ClipTarget,
    model: GPENModel,
    detector: FaceDetector,
    settings: RestoreSettings,
    video: VideoSettings,
    encoding: Encoding,
    args: argparse.Namespace,
) -> ClipReport:
    target.result.parent.mkdir(parents=True, exist_ok=True)
    with tqdm(unit="frame", desc=target.source.name, leave=False, disable=without_bar(args)) as bar:

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return restore_clip(
            target.source,
            target.result,
            model,
            settings,
            video,
            encoding=encoding,
            detector=detector,
            comparison=target.comparison if args.compare else None,
            overwrite=args.overwrite,
            keep=args.keep_partial,
            progress=progress,
        )
