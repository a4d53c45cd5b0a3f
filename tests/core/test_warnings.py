"""When a setting is warned about."""

from __future__ import annotations

from typing import Any

import pytest

from gpen_core import RestoreSettings
from gpen_core.restore.warnings import warn


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"strength": 80.5}, "plastic"),
        ({"mode": "strong", "strength": 81, "sharpen": 81, "denoise": 60}, "wax figures"),
        ({"skin_protect": False}, "skin_protect"),
        ({"denoise": 91, "sharpen": 50}, "raise sharpen"),
        ({"denoise": 9, "sharpen": 50}, "raise denoise"),
        ({"contrast": 39}, "contrast 39"),
        ({"contrast": 61}, "contrast 61"),
        ({"brightness": 34}, "brightness 34"),
        ({"brightness": 66}, "brightness 66"),
    ],
)
def test_settings_that_disappoint_are_named(options: dict[str, Any], word: str) -> None:
    assert any(word in warning for warning in warn(RestoreSettings(**options)))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strength": 80, "mode": "strong", "sharpen": 80, "denoise": 70},
        {"denoise": 20, "sharpen": 60},
        {"denoise": 70, "sharpen": 60},
        {"strength": 70, "denoise": 50, "sharpen": 60},
        {"contrast": 40, "brightness": 35},
        {"contrast": 60, "brightness": 65},
        {"detail_enhance": True},
    ],
)
def test_what_users_recommend_is_not_warned_about(options: dict[str, Any]) -> None:
    assert warn(RestoreSettings(**options), short_side=800) == ()


def test_detail_enhance_is_refused_in_small_pictures() -> None:
    assert "799 px" in warn(RestoreSettings(detail_enhance=True), short_side=799)[0]
