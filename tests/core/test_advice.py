"""Settings from measures."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from faces import made_up_face
from pictures import leaves, noisy, softened
from quality import DEGRADED, EXPOSURE, SEVERE, SHARP, SOFT, face_measures, picture_measures

import gpen_core.quality
from gpen_core.device import LEFT_FREE
from gpen_core.faces import FaceChoice
from gpen_core.faces.selection import choose_faces
from gpen_core.quality import Advice, MemoryBudget, advise, advise_picture, memory_budget
from gpen_core.quality.resources import fit_resources, needed_bytes
from gpen_core.restore import RestoreSettings
from gpen_core.restore.warnings import warn


def advice_on(*faces: dict[str, Any], **picture: Any) -> Advice:
    return advise(picture_measures(*(face_measures(index, **face) for index, face in enumerate(faces)), **picture))


@pytest.mark.parametrize(
    ("side", "here", "model", "absent"),
    [
        (120.0, ["GPEN-BFR-256", "GPEN-BFR-512"], "GPEN-BFR-256", None),
        (120.0, ["GPEN-BFR-512"], "GPEN-BFR-512", "GPEN-BFR-256"),
        (120.0, ["GPEN-BFR-2048"], "face-unet", "GPEN-BFR-256"),
        (900.0, ["GPEN-BFR-512"], "GPEN-BFR-512", "GPEN-BFR-1024"),
        (900.0, [], "face-unet", "GPEN-BFR-1024"),
        (900.0, None, "GPEN-BFR-1024", None),
    ],
)
def test_the_network_is_chosen_by_size_among_those_that_are_here(side, here, model, absent) -> None:
    resources = fit_resources(side, 2000, None, here)
    assert (resources.model, resources.absent) == (model, absent)
    advice = advise(picture_measures(face_measures(**SOFT, crop_side=side)), here=here)
    (why,) = [each.reason for each in advice.recommended if each.setting == "model"]
    assert (absent or "a larger network adds nothing") in why


def test_a_sharp_face_is_left_alone() -> None:
    advice = advice_on(SHARP)
    assert advice.leave_alone
    assert advice.settings.strength == 0
    assert "alone" in advice.notes[0]


def test_the_worse_the_face_the_more_is_done() -> None:
    advices = [advice_on(state).settings for state in (SHARP, SOFT, DEGRADED, SEVERE)]
    for name in ("strength", "denoise", "sharpen"):
        values = [getattr(settings, name) for settings in advices]
        assert values == sorted(values)
        assert values[0] < values[-1]
    assert [settings.mode for settings in advices] == ["natural", "natural", "natural", "strong"]


def test_pairs_that_users_recommend() -> None:
    soft, severe = advice_on(SOFT).settings, advice_on(SEVERE).settings
    assert 20 <= soft.denoise <= 35
    assert 40 <= soft.sharpen <= 60
    assert 50 <= severe.denoise <= 70
    assert 60 <= severe.sharpen <= 80


@pytest.mark.parametrize("state", [SOFT, DEGRADED, SEVERE, {"sharpness": 16.0, "noise": 40.0, "blockiness": 3.0}])
@pytest.mark.parametrize("exposure", [{}, {"lightness": 20.0, "contrast": 30.0}, {"lightness": 240.0}])
def test_advice_is_never_warned_about(state: dict[str, Any], exposure: dict[str, Any]) -> None:
    settings = advice_on(state | {"exposure": replace(EXPOSURE, **exposure)}).settings
    assert settings.skin_protect
    assert warn(settings) == ()


def test_noise_alone_calls_for_denoising() -> None:
    assert advice_on(SOFT | {"noise": 10.0}).settings.denoise >= advice_on(SOFT).settings.denoise + 20


def test_contrast_and_brightness_follow_the_face() -> None:
    def tone(**exposure: float) -> tuple[float, float]:
        settings = advice_on(SOFT | {"exposure": replace(EXPOSURE, **exposure)}).settings
        return settings.contrast, settings.brightness

    assert tone() == (50, 50)
    assert tone(contrast=50.0)[0] > 50
    assert tone(lightness=40.0)[1] > 50
    assert tone(lightness=230.0)[1] < 50


def test_less_contrast_and_brightness_after_clahe() -> None:
    settings = advise(picture_measures(face_measures(**SOFT)), after_clahe=True).settings
    assert (settings.contrast, settings.brightness) == (45, 45)


@pytest.mark.parametrize(
    ("changes", "clip"),
    [({}, 2.0), ({"noise": 1.5}, 1.5), ({"blockiness": 1.4}, 1.5), ({"noise": 8.0}, 1.0), ({"blockiness": 2.0}, 1.0)],
)
def test_clahe_is_limited_where_it_would_lift_noise_or_blocks(changes: dict[str, Any], clip: float) -> None:
    assert advice_on(SOFT, **changes).clahe_clip == clip


def test_detail_enhance_needs_a_large_picture_and_a_good_face() -> None:
    large = {"width": 3000, "height": 2000}
    assert advice_on(SOFT, **large).settings.detail_enhance
    assert not advice_on(SOFT).settings.detail_enhance
    assert not advice_on(SEVERE, **large).settings.detail_enhance
    assert not advice_on(SOFT | {"crop_side": 90.0}, **large).settings.detail_enhance


@pytest.mark.parametrize(
    ("crop_side", "size"), [(90.0, 256), (250.0, 512), (650.0, 512), (900.0, 1024), (2000.0, 2048)]
)
def test_the_network_follows_the_largest_face(crop_side: float, size: int) -> None:
    advice = advice_on(SOFT | {"crop_side": crop_side}, SOFT | {"crop_side": 60.0})
    assert (advice.model_size, advice.model) == (size, f"GPEN-BFR-{size}")


def test_batch_and_network_follow_the_free_memory() -> None:
    measures = picture_measures(*(face_measures(index, **SOFT) for index in range(20)))
    budgets = [MemoryBudget(int(free * 1e9), partial(needed_bytes, torch.float16)) for free in (0.3, 0.7, 1.5, 24.0)]
    advices = [advise(measures, budget) for budget in budgets]
    assert [advice.model_size for advice in advices] == [256, 512, 512, 512]
    batches = [advice.batch_size for advice in advices]
    assert batches[0] == batches[1] == 1 < batches[2] < batches[3] == 8
    assert advise(measures).batch_size == advise(measures, replace(budgets[0], free=None)).batch_size == 0
    assert "memory" in advices[0].summary()


def test_what_is_advised_fits_and_one_more_would_not() -> None:
    measures = picture_measures(face_measures(**SOFT))
    needed = partial(needed_bytes, torch.float16)
    for batch in (1, 3, 7):
        least = LEFT_FREE + needed(512, batch)
        assert advise(measures, MemoryBudget(least, needed)).batch_size == batch
        smaller = advise(measures, MemoryBudget(least - 1, needed))
        assert (smaller.model_size, smaller.batch_size) == ((512, batch - 1) if batch > 1 else (256, 8))


def test_a_network_measured_at_368_mb_is_not_refused_for_want_of_1_gb() -> None:
    assert needed_bytes(torch.float16, 512, 1) == pytest.approx(368e6, rel=0.02)


def test_the_memory_of_a_device_is_read_once_and_a_cpu_takes_one_face_at_a_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("gpen_core.quality.resources.free_memory", lambda device: 24 * 10**9)
    budget = memory_budget(torch.device("cpu"))
    assert budget.free == 24 * 10**9
    assert budget.needed(512, 1) == needed_bytes(torch.float32, 512, 1)
    assert advise(picture_measures(face_measures(**SOFT)), budget).batch_size == 1


def test_tiles_fit_the_picture_and_make_possible_settings() -> None:
    assert advice_on(SOFT, width=300, height=200).tile_size == 256
    assert advice_on(SOFT).settings.tile_size == 512
    assert advice_on(SOFT | {"crop_side": 2000.0}, width=4000, height=4000).tile_size == 1024


def test_several_faces_get_what_suits_the_typical_one() -> None:
    advice = advice_on(DEGRADED, DEGRADED, SEVERE, SHARP)
    assert advice.settings.strength == advice_on(DEGRADED).settings.strength
    assert not advice.leave_alone
    assert [face.strength for face in advice.faces][3] == 0
    text = " ".join(advice.notes)
    assert "Face 3 is sharp" in text
    assert "face 2 asks for" in text


def test_profiles_and_guessed_faces_are_named() -> None:
    advice = advice_on(SEVERE | {"yaw": -60.0}, SEVERE | {"sharpness": 20.0})
    assert any("Face 0 is seen from the side" in note for note in advice.notes)
    assert any("Face 1 is so blurred" in note for note in advice.notes)


def test_no_face_is_no_error() -> None:
    advice = advice_on()
    assert not advice.leave_alone
    assert advice.faces == ()
    assert "No face" in advice.notes[0]


def test_every_setting_has_one_sentence_of_reason() -> None:
    for state in (SHARP, SOFT, DEGRADED, SEVERE):
        for each in advice_on(state).recommended:
            assert each.reason.endswith(".")
            assert each.reason.count(". ") == 0
    assert advice_on(SOFT).reasons[0].startswith("strength 45: ")


def test_as_dict_is_json() -> None:
    assert json.loads(json.dumps(advice_on(SEVERE).as_dict()))["settings"]["mode"] == "strong"


def face_at(x: float, index: int) -> Any:
    return made_up_face(x, 256, size=250, index=index)


@pytest.fixture(scope="module")
def pair() -> np.ndarray:
    """A sharp face at the left, a blurred and noisy one at the right."""
    picture = leaves(512)
    return np.concatenate([picture, noisy(softened(picture, 10), 6)], axis=1)


def test_settings_for_keeps_what_does_not_depend_on_the_picture(pair: np.ndarray) -> None:
    base = RestoreSettings(
        scope="both", background_strength=11, tile_size=256, overlap=32, batch_size=3, template="ffhq", feather=0.2
    )
    settings = advise_picture(pair, [face_at(768, 0)]).settings_for(base)
    assert settings.strength > 0
    assert settings.mode == "strong"
    kept = ("scope", "background_strength", "tile_size", "overlap", "batch_size", "template", "feather", "choice")
    assert all(getattr(settings, name) == getattr(base, name) for name in kept)


def test_settings_for_leaves_sharp_faces_out(pair: np.ndarray) -> None:
    faces = [face_at(256, 0), face_at(768, 1)]
    settings = advise_picture(pair, faces).settings_for(RestoreSettings())
    chosen = choose_faces(faces, settings.choice, *pair.shape[:2])
    assert [entry.skipped for entry in chosen] == ["sharp already", None]
    assert settings.strength > 0
    assert advise_picture(pair, faces[:1]).settings_for(RestoreSettings()).strength == 0


def test_settings_for_looks_at_the_chosen_faces_only(pair: np.ndarray) -> None:
    base = RestoreSettings(choice=FaceChoice(indices=(0,)))
    settings = advise_picture(pair, [face_at(256, 0), face_at(768, 1)]).settings_for(base)
    assert settings.strength == 0
    assert settings.choice == base.choice


def test_settings_for_a_picture_without_faces_are_unchanged(pair: np.ndarray) -> None:
    base = RestoreSettings(strength=33)
    assert advise_picture(pair, []).settings_for(base) is base


def test_faces_are_measured_once(pair: np.ndarray) -> None:
    advised = advise_picture(pair, [face_at(256, 0), face_at(768, 1)])
    assert [face.sharpness for face in advised.faces] == [face.sharpness for face in advised.measures.faces]
    assert advised.as_dict()["measures"]["faces"][1]["degradation"] == advised.measures.faces[1].degradation


def test_measuring_and_advising_know_nothing_of_restoring() -> None:
    for path in Path(gpen_core.quality.__file__).parent.glob("*.py"):
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        assert not [node.module for node in imports if node.module and "restore" in node.module], path.name
