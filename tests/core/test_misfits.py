"""Faces that do not fit a network's size, and which network is named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from torch import Tensor

from gpen_core import GPENModel, RestoreSettings, restore
from gpen_core.network import FaceNetwork


class Identity(FaceNetwork):
    """Gives faces back as they are."""

    template = "gpen"

    def __init__(self, *sizes: int) -> None:
        super().__init__()
        self.sizes = sizes

    def generate(self, crops: Tensor, dtype: torch.dtype, whole: int) -> Tensor:
        return crops.clone()

    def activation_bytes(self, size: int, batch: int, dtype: torch.dtype, whole: int) -> int:
        return 24 * size**2 * batch


@pytest.mark.parametrize(
    ("sizes", "face", "named"),
    [
        ((512,), 40.0, "GPEN-BFR-256"),
        ((1024,), 40.0, "GPEN-BFR-256"),
        ((256,), 150.0, None),
        ((256,), 400.0, "GPEN-BFR-1024"),
        ((256, 512), 40.0, None),  # the embedded network: there is no smaller one
        ((300,), 40.0, None),  # of its own making
    ],
)
def test_the_report_says_which_network_would_fit(sizes: tuple[int, ...], face: float, named: str | None) -> None:
    side = int(2.5 * face)
    picture = noise_picture(side, side)
    detector = FixedDetector(made_up_face(side / 2, side / 2, size=face))
    model = GPENModel(Identity(*sizes), "net", torch.device("cpu"), "fp32")
    report = restore(picture, model, RestoreSettings(skin_protect=True), detector=detector).report
    told = [warning for warning in report.warnings if "would fit better" in warning]
    assert len(told) == (named is not None)
    assert (
        named is None or f"1 face fills {2 * face:.0f} px" in told[0] and told[0].endswith(f"{named} would fit better")
    )


def test_several_faces_share_a_line_and_strength_0_says_nothing() -> None:
    picture = np.tile(noise_picture(120, 120), (1, 2, 1))
    faces = FixedDetector(made_up_face(60, 60, size=30), made_up_face(180, 60, size=40))
    model = GPENModel(Identity(512), "net", torch.device("cpu"), "fp32")
    (told,) = [each for each in restore(picture, model, detector=faces).report.warnings if "fit better" in each]
    assert told.startswith("2 faces fill 60 to 80 px, this network makes 512")
    assert restore(picture, model, RestoreSettings(strength=0), detector=faces).report.warnings == ()


@pytest.mark.parametrize(
    ("name", "work"),
    [
        ("GPEN-Colorization-1024.pth", "GPEN Colourise"),
        ("GPEN-Seg2face-512.pth", "GPEN Face from Segmentation"),
        ("GPEN-BFR-512.pth", None),
    ],
)
def test_a_network_for_other_work_is_named(name: str, work: str | None) -> None:
    model = GPENModel(Identity(64), name, torch.device("cpu"), "fp32")
    report = restore(noise_picture(80, 80), model, detector=FixedDetector()).report
    told = [each for each in report.warnings if "not for restoring faces" in each]
    assert told == ([] if work is None else [f"{name} is made for {work}, not for restoring faces"])
