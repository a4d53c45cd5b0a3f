"""What is in front of a face is kept, and the face around it restored, with a network that paints the face it knows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from faces import FixedDetector
from painted_face import painted_face
from torch import Tensor

from gpen_core import GPENModel, RestoreResult, RestoreSettings, restore
from gpen_core.finish.occlusion import occlusion
from gpen_core.network import FaceNetwork

SIDE = 256
SHARP = painted_face(side=SIDE)
EVERYWHERE = np.ones((SIDE, SIDE), np.float32)


class Knowing(FaceNetwork):
    """Gives the sharp face, a little off in tone, whatever it is shown."""

    sizes, template = (SIDE,), "gpen"

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        return (
            torch.from_numpy(SHARP.pixels * np.array([1.03, 0.99, 0.97], np.float32))
            .expand(len(crops), -1, -1, -1)
            .clone()
        )

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


def shape(kind: str) -> np.ndarray:
    """(SIDE, SIDE): 1 where something is in front of the face."""
    canvas = np.zeros((SIDE, SIDE), np.float32)
    if kind == "mask":
        cv2.rectangle(canvas, (78, 165), (178, 225), 1.0, -1)
    elif kind == "glasses":
        for point in (SHARP.other["left eye"], SHARP.other["right eye"]):
            cv2.circle(canvas, point, 20, 1.0, -1)
    else:  # fingers of a hand
        for x in (95, 117, 139):
            cv2.line(canvas, (x, 215), (x + 6, 145), 1.0, 12)
    return canvas


COLOURS = {"mask": (0.55, 0.7, 0.85), "glasses": (0.06, 0.06, 0.07), "hand": (0.62, 0.42, 0.33)}


def seen(kind: str | None, blur: float = 3.0, noise: float = 0.02) -> np.ndarray:
    """The face as the picture shows it: with something in front of it, blurred and noisy."""
    picture = SHARP.pixels.copy()
    if kind:
        picture = np.where(shape(kind)[..., None] > 0, np.array(COLOURS[kind], np.float32), picture)
    picture = cv2.GaussianBlur(picture, (0, 0), blur)
    return np.clip(picture + np.random.default_rng(0).normal(0, noise, picture.shape), 0, 1).astype(np.float32)


def restored(picture: np.ndarray, keep_occlusions: float = 0.0) -> RestoreResult:
    model = GPENModel(Knowing(), "knowing", torch.device("cpu"), "fp32")
    settings = RestoreSettings(strength=100, keep_occlusions=keep_occlusions)
    return restore(picture, model, settings, detector=FixedDetector(SHARP.face))


@pytest.mark.parametrize("kind", COLOURS)
def test_what_is_in_front_is_kept_and_the_face_around_it_restored(kind: str) -> None:
    picture = seen(kind)
    off, on = restored(picture), restored(picture, keep_occlusions=50.0)
    inside = cv2.erode(shape(kind), np.ones((7, 7), np.uint8)) > 0
    around = cv2.dilate(shape(kind), np.ones((41, 41), np.uint8)) == 0
    changed = [np.abs(result.image.numpy() - picture)[inside].mean() for result in (off, on)]
    assert changed[1] < 0.45 * changed[0]
    difference = np.abs(on.image.numpy() - off.image.numpy())[around]
    assert np.quantile(difference, 0.98) < 1e-6
    assert "kept as it was" in on.report.text() and "kept as it was" not in off.report.text()


@pytest.mark.parametrize(("blur", "noise"), [(0.5, 0.0), (3.0, 0.02), (6.0, 0.05)])
def test_blur_and_noise_are_no_occlusion(blur: float, noise: float) -> None:
    picture = seen(None, blur, noise)
    assert occlusion(picture, SHARP.pixels, EVERYWHERE, 50.0).mean() < 0.02
    off, on = restored(picture), restored(picture, keep_occlusions=50.0)
    assert np.abs(on.image.numpy() - off.image.numpy()).mean() < 0.002


def test_at_0_nothing_is_kept_and_more_never_keeps_less() -> None:
    picture = seen("hand")
    kept = [occlusion(picture, SHARP.pixels, EVERYWHERE, amount) for amount in (0.0, 1.0, 25.0, 50.0, 75.0, 100.0)]
    assert not kept[0].any()
    assert all((more >= less).all() for less, more in zip(kept, kept[1:], strict=False))
    assert torch.equal(restored(picture).image, restored(picture, keep_occlusions=0.0).image)


def test_what_is_kept_in_full_is_the_picture_bit_for_bit() -> None:
    picture = seen("glasses")
    result = restored(picture, keep_occlusions=100.0)
    kept = result.mask.numpy() == 0.0
    assert kept[SHARP.other["left eye"][1], SHARP.other["left eye"][0]]
    assert np.array_equal(result.image.numpy()[kept], picture[kept])


def test_a_change_of_tone_all_over_is_no_occlusion() -> None:
    picture = seen(None)
    assert occlusion(picture, np.clip(SHARP.pixels * 0.8, 0, 1), EVERYWHERE, 50.0).mean() < 0.02
