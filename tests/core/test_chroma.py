"""Real faces keep their colours, under the chin too, where the embedded network was once seen to take red away."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gpen_core import RestoreSettings, load_model, restore
from gpen_core.image import read_picture
from gpen_core.image.luma import luma
from gpen_core.image.warp import Pixels
from gpen_core.settings import Mode

_ASSETS = Path(__file__).resolve().parents[1] / "assets"
_MOST = 2.5 / 255.0  # the shift that was seen was 6 to 9 levels; the most of these is 1.6


def chroma(pixels: Pixels) -> Pixels:
    """What of each channel is colour, not light, without fine detail."""
    return cv2.GaussianBlur(pixels - luma(pixels)[..., None], (0, 0), 3.0).astype(np.float32, copy=False)


def degraded(pixels: Pixels) -> Pixels:
    """Enlarged from a third, noisy, and stored as JPEG of low quality."""
    small = cv2.resize(pixels, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    noisy = small + np.random.default_rng(0).normal(0.0, 0.02, small.shape)
    stored = cv2.imencode(".jpg", (np.clip(noisy, 0, 1) * 255).round()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 50])[1]
    read = np.asarray(cv2.imdecode(stored, cv2.IMREAD_COLOR))[..., ::-1].astype(np.float32) / 255
    return cv2.resize(read, pixels.shape[1::-1], interpolation=cv2.INTER_CUBIC).clip(0, 1)


@pytest.mark.parametrize("name", ["astronaut.png", "grace_hopper.jpg"])
@pytest.mark.parametrize("spoil", [lambda pixels: pixels, degraded], ids=["sharp", "degraded"])
@pytest.mark.parametrize(("mode", "skin_protect"), [("natural", True), ("strong", False)])
def test_colours_stay_under_the_chin_and_on_the_whole_face(
    name: str, spoil: Callable[[Pixels], Pixels], mode: Mode, skin_protect: bool
) -> None:
    before = spoil(read_picture(_ASSETS / name).pixels.numpy())
    done = restore(before, load_model(device="cpu"), RestoreSettings(100, mode, skin_protect=skin_protect))
    after, mask = done.image.numpy(), done.mask.numpy()
    (crop,) = done.crops[0]
    left_eye, right_eye, _, left_mouth, right_mouth = crop.face.landmarks
    mouth = (left_mouth + right_mouth) / 2
    down = mouth - (left_eye + right_eye) / 2
    length, width = float(np.linalg.norm(down)), float(np.linalg.norm(right_eye - left_eye))
    y, x = np.mgrid[: len(before), : before.shape[1]]
    below = ((x - mouth[0]) * down[0] + (y - mouth[1]) * down[1]) / length
    aside = np.abs((x - mouth[0]) * down[1] - (y - mouth[1]) * down[0]) / length
    under = (below > 0.6 * length) & (below < 1.3 * length) & (aside < 0.6 * width) & (mask > 0.3)
    shift = chroma(after) - chroma(before)
    assert np.count_nonzero(under) > 100
    assert float(np.abs(shift[under].mean(axis=0)).max()) < _MOST
    assert float(np.abs(shift[mask > 0.9].mean(axis=0)).max()) < _MOST
