"""gpen_core.restore.picture_report: one face in one line."""

from __future__ import annotations

import numpy as np
import pytest

from gpen_core.faces import Face
from gpen_core.restore.picture_report import FaceReport, whole_degrees


def face(yaw: float) -> Face:
    return Face(box=(10.0, 20.0, 60.0, 90.0), landmarks=np.zeros((5, 2)), score=0.9, yaw=yaw)


@pytest.mark.parametrize(("yaw", "said"), [(-0.3, "0"), (0.04, "0"), (-12.4, "-12"), (27.46, "28")])
def test_degrees_are_whole_and_never_minus_zero(yaw: float, said: str) -> None:
    assert f"turned {said} degrees" in FaceReport.of(face(yaw), 60.0).line()
    assert str(whole_degrees(yaw)) == said


@pytest.mark.parametrize(
    ("cut_out", "skipped", "said"),
    [
        (False, None, ", strength 60"),
        (False, "too small", ", skipped: too small"),
        (True, None, " degrees"),
        (True, "too small", ", skipped: too small"),
    ],
)
def test_a_line_ends_with_what_was_done(cut_out: bool, skipped: str | None, said: str) -> None:
    assert FaceReport.of(face(5.0), 60.0, skipped).line(cut_out=cut_out).endswith(said)
