"""What is remembered between two runs of restore()."""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network
from torch import Tensor

from gpen_core import GPENModel, RestoreSettings, restore
from gpen_core.faces import FaceDetector
from gpen_core.model import Restored
from gpen_core.restore import background, detection, network_pass, remembered
from gpen_core.restore.remembered import NETWORK_BYTES, BoundedMemory, OwnedMemory, at_most, digest, in_free_memory
from gpen_core.settings import Mode, Scope
from gpen_core.template import TEMPLATES


class CountingModel(GPENModel):
    """Counts the faces that go through the network."""

    def __init__(self) -> None:
        super().__init__(tiny_network(64), "tiny.safetensors", torch.device("cpu"), "fp32")
        self.faces = 0

    def run(self, faces: Tensor) -> Restored:
        self.faces += len(faces)
        return super().run(faces)


TWO_FACES = FixedDetector(made_up_face(70, 70, size=50), made_up_face(190, 90, size=24))
PICTURE = noise_picture(160, 250)


@pytest.fixture
def model() -> CountingModel:
    return CountingModel()


@pytest.mark.parametrize("scope", ["faces", "picture", "both"])
@pytest.mark.parametrize(
    "changed",
    [
        {"strength": 100},
        {"denoise": 80},
        {"sharpen": 90},
        {"contrast": 60},
        {"brightness": 40},
        {"skin_protect": False},
        {"detail_enhance": True},
        {"mode": "detail"},
        {"feather": 0.2},
        {"background_strength": 60},
        {"batch_size": 3},
    ],
)
def test_no_slider_of_the_finish_runs_the_network_in_any_scope(
    model: CountingModel, scope: Scope, changed: dict[str, Any]
) -> None:
    first = RestoreSettings(scope=scope, tile_size=96, overlap=16, batch_size=2)
    tiles = 0 if scope == "faces" else 6  # 2 x 3 of 96 px over 160 x 250 px
    faces = 0 if scope == "picture" else 2
    before = restore(PICTURE, model, first, detector=TWO_FACES)
    assert model.faces == tiles + faces
    second = restore(PICTURE, model, replace(first, **changed), detector=TWO_FACES)
    assert model.faces == tiles + faces
    alone = restore(PICTURE, CountingModel(), replace(first, **changed), detector=TWO_FACES)
    torch.testing.assert_close(second.image, alone.image, atol=1e-5, rtol=0)
    assert torch.equal(restore(PICTURE, model, first, detector=TWO_FACES).image, before.image)
    assert model.faces == tiles + faces


def test_every_combination_of_settings_pays_for_the_network_once(model: CountingModel) -> None:
    modes: tuple[Mode, ...] = ("natural", "strong")
    combinations = [RestoreSettings(mode=mode, template=template) for mode in modes for template in TEMPLATES]
    for settings in combinations:
        restore(PICTURE, model, settings, detector=TWO_FACES)
    assert model.faces == 2 * len(combinations)
    for settings in combinations:
        restore(PICTURE, model, replace(settings, sharpen=70), detector=TWO_FACES)
    assert model.faces == 2 * len(combinations)


def test_only_tiles_that_have_changed_run_again(model: CountingModel) -> None:
    settings = RestoreSettings(scope="picture", tile_size=96, overlap=16)
    restore(PICTURE, model, settings, detector=TWO_FACES)
    changed = PICTURE.copy()
    changed[:20, :20] += 0.01
    restore(changed, model, settings, detector=TWO_FACES)
    assert model.faces == 7
    restore(PICTURE, model, replace(settings, tile_size=128), detector=TWO_FACES)
    assert model.faces == 13


def test_what_was_done_of_a_cancelled_run_is_not_done_again(model: CountingModel) -> None:
    def cancel(done: int, total: int | None) -> None:
        if done == 4:
            raise KeyboardInterrupt

    settings = RestoreSettings(scope="picture", tile_size=96, overlap=16, batch_size=1)
    with pytest.raises(KeyboardInterrupt):
        restore(PICTURE, model, settings, detector=TWO_FACES, progress=cancel)
    restore(PICTURE, model, settings, detector=TWO_FACES)
    assert model.faces == 6


def test_what_changes_the_networks_input_runs_it_again(model: CountingModel) -> None:
    restore(PICTURE, model, detector=TWO_FACES)
    restore(PICTURE, model, RestoreSettings(mode="strong"), detector=TWO_FACES)
    assert model.faces == 4
    restore(PICTURE, model, RestoreSettings(template="ffhq"), detector=TWO_FACES)
    assert model.faces == 6
    changed = PICTURE.copy()
    changed[60:80, 60:80] += 0.01
    restore(changed, model, detector=TWO_FACES)
    assert model.faces == 7
    restore(PICTURE, model, detector=TWO_FACES)
    assert model.faces == 7


def test_strength_zero_needs_no_network(model: CountingModel) -> None:
    result = restore(PICTURE, model, RestoreSettings(strength=0), detector=TWO_FACES)
    assert model.faces == 0
    assert np.array_equal(result.image.numpy(), PICTURE)


def test_results_do_not_share_memory_with_what_is_remembered(model: CountingModel) -> None:
    first = restore(PICTURE, model, detector=TWO_FACES)
    expected = first.image.clone()
    first.crops[0][0].pixels[:] = 0.0
    first.image.zero_()
    assert torch.equal(restore(PICTURE, model, detector=TWO_FACES).image, expected)


def test_the_same_face_twice_goes_through_the_network_once(model: CountingModel) -> None:
    batch = np.stack([PICTURE, PICTURE])
    result = restore(batch, model, RestoreSettings(batch_size=4), detector=TWO_FACES)
    assert model.faces == 2
    assert torch.equal(result.image[0], result.image[1])


def test_nothing_is_kept_where_nothing_shall_be(model: CountingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = restore(PICTURE, model, detector=TWO_FACES)
    for module in (background, detection, network_pass):
        monkeypatch.delattr(module, "digest")
    detector = FixedDetector(*TWO_FACES.faces)
    for number in (1, 2):
        result = restore(PICTURE, model, detector=detector, remember=False)
        assert torch.equal(result.image, remembered.image)
        assert (model.faces, detector.calls) == (2 + 2 * number, number)


def test_each_model_remembers_its_own() -> None:
    models = CountingModel(), CountingModel()
    for model in models:
        restore(PICTURE, model, detector=TWO_FACES)
    assert [model.faces for model in models] == [2, 2]


def test_a_picture_seen_before_is_not_searched_again(model: CountingModel) -> None:
    detector = FixedDetector(made_up_face(70, 70, size=50))
    for sharpen in (50, 60):
        restore(PICTURE, model, RestoreSettings(sharpen=sharpen), detector=detector)
    assert detector.calls == 1
    restore(noise_picture(160, 250, seed=1), model, detector=detector)
    assert detector.calls == 2


def test_another_detector_searches_for_itself(model: CountingModel) -> None:
    restore(PICTURE, model, detector=FixedDetector(made_up_face(70, 70, size=50)))
    result = restore(PICTURE, model, detector=FixedDetector())
    assert result.report.pictures[0].faces == ()


def test_detectors_asked_for_by_name_are_made_only_where_something_is_new(
    model: CountingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def make(name: str, device: Any) -> FaceDetector:
        made.append(name)
        return FixedDetector(made_up_face(70, 70, size=50))

    monkeypatch.setattr(detection, "make_detector", make)
    for _ in range(2):
        assert restore(PICTURE, model).report.detector == "fixed"
    assert made == ["auto"]
    restore(PICTURE, model, detector="yunet")
    assert made == ["auto", "yunet"]
    monkeypatch.setattr(detection, "installed_detectors", lambda: ("another", "embedded"))
    restore(PICTURE, model)
    assert made == ["auto", "yunet", "auto"]


@dataclass
class UnhashableDetector:
    """A dataclass with eq cannot be a key."""

    faces: Sequence[Any] = field(default_factory=list)
    name: str = "unhashable"

    def detect(self, picture: Any) -> list[Any]:
        return list(self.faces)


def test_detectors_that_cannot_be_owners_work_all_the_same(model: CountingModel) -> None:
    assert restore(PICTURE, model, detector=UnhashableDetector()).report.pictures[0].faces == ()


def test_the_memory_is_bounded_and_forgets_the_oldest() -> None:
    memory: BoundedMemory[str] = BoundedMemory(at_most(10))
    memory.put("a", "A", 4)
    memory.put("b", "B", 4)
    assert memory.get("a") == "A"
    memory.put("c", "C", 2)
    memory.put("d", "D", 4)
    assert [memory.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    memory.put("a", "a", 6)
    assert [memory.get(key) for key in "acd"] == ["a", None, "D"]


def test_what_is_too_large_is_not_kept() -> None:
    memory: BoundedMemory[str] = BoundedMemory(at_most(10))
    memory.put("a", "A", 4)
    memory.put("b", "B", 11)
    assert [memory.get(key) for key in "ab"] == ["A", None]


def test_a_memory_that_may_hold_less_gives_the_rest_back() -> None:
    room = {"bytes": 10}
    memory: BoundedMemory[str] = BoundedMemory(lambda kept: room["bytes"])
    for key in "abc":
        memory.put(key, key.upper(), 3)
    room["bytes"] = 7
    memory.put("d", "D", 3)
    assert [memory.get(key) for key in "abcd"] == [None, None, "C", "D"]
    room["bytes"] = 0
    memory.put("e", "E", 3)
    assert [memory.get(key) for key in "abcde"] == [None] * 5


def test_a_memory_can_be_emptied() -> None:
    memory: BoundedMemory[str] = BoundedMemory(at_most(3))
    memory.put("a", "A", 3)
    memory.clear()
    assert memory.get("a") is None
    memory.put("b", "B", 3)
    assert memory.get("b") == "B"


@pytest.mark.parametrize(
    ("free", "kept", "capacity"),
    [(None, 0, NETWORK_BYTES), (64 * 2**30, 0, NETWORK_BYTES), (2**20, 0, 0), (2**29, 2**28, 2**27)],
)
def test_what_the_network_made_is_kept_in_a_part_of_the_free_memory(
    free: int | None, kept: int, capacity: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "free_memory", lambda device: free)
    assert in_free_memory(kept) == capacity


def test_the_memory_goes_with_its_owner() -> None:
    class Owner:
        pass

    class Value:
        alive = 0

        def __init__(self) -> None:
            Value.alive += 1

        def __del__(self) -> None:
            Value.alive -= 1

    memories: OwnedMemory[Value] = OwnedMemory(at_most(10))
    owner = Owner()
    memories.of(owner).put("key", Value())
    assert memories.of(owner).get("key") is not None
    del owner
    gc.collect()
    assert Value.alive == 0


def test_digests_tell_content_shape_and_type_apart() -> None:
    zeros = np.zeros((2, 6), np.float32)
    others = (zeros + 1, zeros.reshape(3, 4), zeros.astype(np.int32), zeros + np.float32(1e-7))
    assert len({digest(values) for values in (zeros, *others)}) == 5
    assert digest(zeros.copy()) == digest(zeros)
