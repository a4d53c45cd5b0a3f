"""restore() from picture to picture."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_network

from gpen_core import FaceChoice, GPENError, GPENModel, RestoreSettings, restore
from gpen_core.settings import SCOPES


@pytest.fixture(scope="module")
def model() -> GPENModel:
    return GPENModel(tiny_network(64), "tiny.safetensors", torch.device("cpu"), "fp32")


TWO_FACES = FixedDetector(made_up_face(70, 70, size=50), made_up_face(190, 90, size=24, score=0.4))


def test_one_image_keeps_its_shape(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    result = restore(picture, model, detector=TWO_FACES)
    assert result.image.shape == (160, 250, 3)
    assert result.mask.shape == (160, 250)
    assert [len(crops) for crops in result.crops] == [2]
    assert result.crops[0][0].pixels.shape == (64, 64, 3)
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])
    assert not np.array_equal(result.image.numpy(), picture)


def test_a_batch_gives_what_single_images_give(model: GPENModel) -> None:
    batch = torch.from_numpy(np.stack([noise_picture(160, 250, seed) for seed in range(5)]))
    together = restore(batch, model, RestoreSettings(batch_size=3), detector=TWO_FACES)
    for number, picture in enumerate(batch):
        alone = restore(picture, model, detector=TWO_FACES)
        torch.testing.assert_close(together.image[number], alone.image, atol=1e-5, rtol=0)
        assert torch.equal(together.mask[number], alone.mask)
    assert [len(picture.faces) for picture in together.report.pictures] == [2] * 5


def test_the_input_is_left_alone(model: GPENModel) -> None:
    picture = torch.from_numpy(noise_picture(160, 250))
    before = picture.clone()
    restore(picture, model, RestoreSettings(strength=100), detector=TWO_FACES)
    assert torch.equal(picture, before)


def test_no_face_is_no_error(model: GPENModel) -> None:
    picture = noise_picture(50, 60)
    result = restore(picture, model, detector=FixedDetector())
    assert np.array_equal(result.image.numpy(), picture)
    assert float(result.mask.max()) == 0.0
    assert result.crops == ((),)
    assert result.report.summary() == "no face found: passed through unchanged"


def test_an_empty_choice_means_no_face(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    result = restore(picture, model, RestoreSettings(choice=FaceChoice(indices=())), detector=TWO_FACES)
    assert np.array_equal(result.image.numpy(), picture)
    assert result.report.summary() == "0 of 2 faces restored, 2 not chosen"


def test_strength_zero_is_bit_identical(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    result = restore(picture, model, RestoreSettings(strength=0), detector=TWO_FACES)
    assert np.array_equal(result.image.numpy(), picture)
    assert result.report.summary() == "2 of 2 faces left alone at strength 0"


def test_report_tells_what_was_done(model: GPENModel) -> None:
    settings = RestoreSettings(strength=90, choice=FaceChoice(min_score=0.5))
    result = restore(noise_picture(160, 250), model, settings, detector=TWO_FACES)
    report = result.report
    assert (report.model, report.device, report.precision, report.detector) == (
        "tiny.safetensors",
        "cpu",
        "fp32",
        "fixed",
    )
    restored, skipped = report.pictures[0].faces
    assert (restored.skipped, restored.strength, restored.size) == (None, 90, 50)
    assert (skipped.skipped, skipped.strength, skipped.score) == ("below score", 0, 0.4)
    assert report.summary() == "1 of 2 faces restored, 1 below score"
    assert "plastic" in report.warnings[0]
    assert json.loads(json.dumps(report.as_dict()))["pictures"][0]["faces"][1]["skipped"] == "below score"


def test_region_takes_only_faces_inside(model: GPENModel) -> None:
    region = torch.zeros(160, 250)
    region[:, :120] = 1.0
    result = restore(noise_picture(160, 250), model, detector=TWO_FACES, region=region)
    assert [face.skipped for face in result.report.pictures[0].faces] == [None, "outside the region"]


def test_progress_counts_faces_and_can_stop(model: GPENModel) -> None:
    batch = torch.rand(3, 160, 250, 3)
    seen: list[tuple[int, int | None]] = []
    by_two = RestoreSettings(batch_size=2)
    restore(batch, model, by_two, detector=TWO_FACES, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 6), (4, 6), (6, 6)]

    class Stopped(BaseException):
        pass

    def stop(done: int, total: int | None) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        restore(batch, model, RestoreSettings(batch_size=1), detector=TWO_FACES, progress=stop)


def test_each_picture_is_searched_once(model: GPENModel) -> None:
    detector = FixedDetector(made_up_face(30, 30))
    restore(torch.rand(4, 60, 60, 3), model, detector=detector)
    assert detector.calls == 4


def test_values_outside_the_range_do_no_harm(model: GPENModel) -> None:
    picture = noise_picture(160, 250) * 3 - 1
    result = restore(picture, model, detector=TWO_FACES)
    outside = result.mask.numpy() == 0
    assert np.array_equal(result.image.numpy()[outside], picture[outside])
    assert bool(result.image.isfinite().all())


def test_mirrored_and_permuted_views_are_accepted(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    planes = torch.from_numpy(picture).permute(2, 0, 1).contiguous()
    expected = restore(picture, model, detector=TWO_FACES).image
    assert torch.equal(restore(planes.permute(1, 2, 0), model, detector=TWO_FACES).image, expected)
    mirrored = picture[:, ::-1]
    assert torch.equal(
        restore(mirrored, model, detector=TWO_FACES).image, restore(mirrored.copy(), model, detector=TWO_FACES).image
    )


def test_half_precision_images_are_accepted(model: GPENModel) -> None:
    result = restore(torch.rand(1, 80, 80, 3).half(), model, detector=FixedDetector(made_up_face(40, 40)))
    assert result.image.dtype == torch.float32


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (1, 3, 10, 10), (0, 10, 3), (1, 1, 10, 10, 3)])
def test_other_shapes_are_refused(model: GPENModel, shape: tuple[int, ...]) -> None:
    with pytest.raises(GPENError, match=r"\(H, W, 3\)"):
        restore(torch.zeros(shape), model, detector=TWO_FACES)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 255.0])
def test_values_that_cannot_be_a_picture_are_refused(model: GPENModel, value: float) -> None:
    batch = torch.rand(2, 20, 20, 3)
    batch[1, 5, 5, 0] = value
    with pytest.raises(GPENError, match="Picture 1"):
        restore(batch, model, detector=TWO_FACES)


def test_eight_bit_values_are_refused(model: GPENModel) -> None:
    with pytest.raises(GPENError, match="255"):
        restore(np.zeros((10, 10, 3), np.uint8), model, detector=TWO_FACES)


def test_regions_may_differ_from_picture_to_picture(model: GPENModel) -> None:
    regions = torch.zeros(2, 160, 250)
    regions[0, :, :120] = 1.0
    regions[1, :, 120:] = 1.0
    result = restore(torch.rand(2, 160, 250, 3), model, detector=TWO_FACES, region=regions)
    skipped = [[face.skipped for face in picture.faces] for picture in result.report.pictures]
    assert skipped == [[None, "outside the region"], ["outside the region", None]]


def test_given_faces_are_used_instead_of_detection(model: GPENModel) -> None:
    batch = torch.rand(2, 160, 250, 3)
    detector = FixedDetector(made_up_face(30, 30))
    given = [[made_up_face(70, 70, size=50), made_up_face(190, 90, size=24)], []]
    result = restore(batch, model, RestoreSettings(choice=FaceChoice(max_faces=1)), detector=detector, faces=given)
    assert detector.calls == 0
    assert result.report.detector == "given"
    assert [face.skipped for face in result.report.pictures[0].faces] == [None, "beyond max_faces 1"]
    assert [face.index for face in result.report.pictures[0].faces] == [0, 1]
    assert torch.equal(result.image[1], batch[1])


def test_given_faces_must_be_of_all_pictures(model: GPENModel) -> None:
    with pytest.raises(GPENError, match="one sequence of faces per picture"):
        restore(torch.rand(2, 60, 60, 3), model, faces=[[]])


def test_a_region_of_another_size_is_refused(model: GPENModel) -> None:
    with pytest.raises(GPENError, match="size"):
        restore(noise_picture(10, 10), model, detector=TWO_FACES, region=torch.zeros(5, 5))


def test_faces_turned_away_are_restored_less_and_the_report_says_so(model: GPENModel) -> None:
    face = made_up_face(100, 80, size=60)
    landmarks = face.landmarks.copy()
    landmarks[2, 0] += 0.35 * (landmarks[1, 0] - landmarks[0, 0])  # the nose towards the right eye
    turned = replace(face, landmarks=landmarks)
    report = restore(noise_picture(160, 250), model, detector=FixedDetector(turned)).report.pictures[0].faces[0]
    assert abs(report.yaw) > 25
    assert report.strength < 60
    assert report.note is not None
    assert "turned away" in report.note


def test_detail_enhance_is_left_out_of_small_pictures(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    plain, asked = (
        restore(picture, model, RestoreSettings(detail_enhance=on), detector=TWO_FACES) for on in (False, True)
    )
    assert torch.equal(plain.image, asked.image)
    assert "160 px" in asked.report.warnings[0]


def test_picture_scope_enhances_the_picture_and_looks_for_no_face(model: GPENModel) -> None:
    detector = FixedDetector(made_up_face(70, 70, size=50))
    settings = RestoreSettings(scope="picture", tile_size=64, overlap=16)
    picture = noise_picture(100, 150)
    result = restore(picture, model, settings, detector=detector)
    assert detector.calls == 0
    assert not np.array_equal(result.image.numpy(), picture)
    assert float(result.mask.max()) == 0.0
    assert result.report.summary().startswith("background")
    assert result.report.detector == "none"


def test_both_pastes_faces_from_the_picture_as_it_was_onto_the_enhanced_one(model: GPENModel) -> None:
    picture = noise_picture(160, 250)
    settings = RestoreSettings(tile_size=64, overlap=16)
    results = {scope: restore(picture, model, replace(settings, scope=scope), detector=TWO_FACES) for scope in SCOPES}
    both = results["both"]
    outside = both.mask.numpy() == 0
    assert np.array_equal(both.image.numpy()[outside], results["picture"].image.numpy()[outside])
    for crop, expected in zip(both.crops[0], results["faces"].crops[0], strict=True):
        assert np.array_equal(crop.pixels, expected.pixels)
    assert both.report.summary().startswith("2 of 2 faces restored, background")


def test_progress_counts_faces_and_tiles(model: GPENModel) -> None:
    seen: list[tuple[int, int | None]] = []
    settings = RestoreSettings(scope="both", tile_size=128, overlap=32, batch_size=1)
    restore(torch.rand(2, 160, 250, 3), model, settings, detector=TWO_FACES, progress=lambda *step: seen.append(step))
    total = 2 * (2 + 2 * 3)
    assert seen == [(done, total) for done in range(1, total + 1)]


def test_background_of_strength_zero_changes_nothing(model: GPENModel) -> None:
    picture = noise_picture(100, 150)
    settings = RestoreSettings(scope="both", strength=0, background_strength=0)
    assert np.array_equal(restore(picture, model, settings, detector=TWO_FACES).image.numpy(), picture)


def test_what_was_done_for_lack_of_memory_is_reported(model: GPENModel, monkeypatch: pytest.MonkeyPatch) -> None:
    real = model.run
    monkeypatch.setattr(model, "run", lambda faces: replace(real(faces), rungs=("strips of 32 rows",)))
    report = restore(torch.rand(160, 250, 3), model, detector=TWO_FACES).report
    assert report.warnings == ("memory was short: strips of 32 rows",)
