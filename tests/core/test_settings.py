"""Which settings are refused."""

from __future__ import annotations

from typing import Any

import pytest

from gpen_core import GPENError, RestoreSettings


@pytest.mark.parametrize(
    "name", ["strength", "denoise", "sharpen", "contrast", "brightness", "background_strength", "lens_strength"]
)
@pytest.mark.parametrize("value", [-1, 101, float("nan"), float("inf")])
def test_percentages_must_be_0_to_100(name: str, value: float) -> None:
    options: dict[str, Any] = {name: value}
    with pytest.raises(GPENError, match=f"{name} must be 0 to 100"):
        RestoreSettings(**options)


@pytest.mark.parametrize(
    "options",
    [
        {"feather": -1},
        {"batch_size": -1},
        {"template": "arc"},
        {"mode": "gentle"},
        {"scope": "all"},
        {"lens": "telephoto"},
        {"tile_size": 32},
        {"tile_size": 2049},
        {"tile_size": 10**9},
        {"overlap": -1},
        {"tile_size": 128, "overlap": 65},
    ],
)
def test_impossible_settings_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(GPENError):
        RestoreSettings(**options)
