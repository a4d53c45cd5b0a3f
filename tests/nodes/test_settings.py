"""The widgets of GPEN Enhance and Face Crop against the settings of the core."""

from __future__ import annotations

import importlib
from dataclasses import fields
from typing import Any

import pytest


def default_settings(pack: Any) -> Any:
    return importlib.import_module(f"{pack.__name__}.gpen_core.settings").RestoreSettings()


def test_every_setting_is_a_widget_with_the_same_default(nodes: Any, pack: Any) -> None:
    shown, preset = nodes.defaults("GPENEnhance"), default_settings(pack)
    for each in fields(preset):
        if each.name != "choice":
            assert shown[each.name] == getattr(preset, each.name), each.name


@pytest.mark.parametrize("node", ["GPENEnhance", "GPENFaceCrop"])
def test_the_widgets_choose_the_faces_that_are_chosen_by_default(nodes: Any, pack: Any, node: str) -> None:
    inputs = importlib.import_module(f"{pack.__name__}.nodes.face_inputs")
    preset, shown = default_settings(pack).choice, nodes.defaults(node)
    names = [each.name for each in fields(preset) if each.name != "sharp"]  # which comes from advice alone
    assert inputs.face_choice(**{name: shown[name] for name in names}) == preset
