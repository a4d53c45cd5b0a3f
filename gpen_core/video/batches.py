"""A batch of pictures that are the frames of a clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..errors import GPENError
from ..faces import FaceDetector
from ..model import GPENModel
from ..progress import Progress, silent
from ..settings import RestoreSettings
from .cuts import CutDetector
from .frame import ArrayFrame
from .pipeline import FrameRestoration
from .report import ClipReport
from .settings import VideoSettings

_LEAST, _LOOKED_AT = 8, 12  # frames of a batch that can be a clip, and those of it that are compared
_LONG_SIDE = 256  # px of the copies that are compared


@dataclass(frozen=True, eq=False)
class BatchResult:
    """images: (B, H, W, 3) float32 RGB in [0, 1]. masks: (B, H, W), where faces were restored."""

    images: NDArray[np.float32]
    masks: NDArray[np.float32]
    report: ClipReport


def restore_batch(
    images: NDArray[np.float32],
    rate: float,
    model: GPENModel,
    settings: RestoreSettings | None = None,
    video: VideoSettings | None = None,
    *,
    detector: str | FaceDetector = "auto",
    progress: Progress = silent,
) -> BatchResult:
    """Restore the faces of (B, H, W, 3) float32 RGB frames in [0, 1], `rate` of them a second.

    progress: called with the frames done and in all, and between; an exception it raises stops the work.
    Raises GPENError for an impossible rate, and for settings that only pictures can have.
    """
    if not rate > 0.0:
        raise GPENError(f"The frame rate must be more than 0, got {rate:g}.")
    restoration = FrameRestoration(model, settings, video, detector=detector)
    results, masks = np.empty_like(images), np.zeros(images.shape[:3], np.float32)
    step = 0  # frames done

    def check() -> None:
        progress(step, len(images))

    def frames() -> Iterator[ArrayFrame]:
        for number, pixels in enumerate(images):
            yield ArrayFrame(number, number / rate, pixels)

    for step, one in enumerate(restoration.frames(frames(), check), start=1):
        results[one.frame.number], masks[one.frame.number] = one.pixels, one.mask
        progress(step, len(images))
    return BatchResult(results, masks, restoration.report())


def looks_like_clip(images: NDArray[np.float32]) -> bool:
    """Whether (B, H, W, 3) pictures are probably frames: many, each much like the one before, yet not the same."""
    if len(images) < _LEAST:
        return False
    scale = min(1.0, _LONG_SIDE / max(images.shape[1:3]))
    size = max(round(images.shape[2] * scale), 1), max(round(images.shape[1] * scale), 1)
    cuts, looks = CutDetector(), []
    for pixels in images[:_LOOKED_AT]:
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
        looks.append((np.clip(small, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8))
    begins = [cuts.begins_shot(look) for look in looks]
    return not any(begins[1:]) and any((one != other).any() for one, other in zip(looks, looks[1:], strict=False))
