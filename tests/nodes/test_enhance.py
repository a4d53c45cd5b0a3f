"""GPEN Enhance."""

from __future__ import annotations

import importlib
import json

import comfy.model_management as mm
import cv2
import numpy as np
import pytest
import torch
from executor import run
from skimage import data

EMPTY = torch.full((1, 96, 128, 3), 0.4)


@pytest.fixture(scope="module")
def model(nodes):
    return nodes.run("GPENLoadModel").args[0]


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    """(1, 300, 300, 3), one face."""
    return torch.from_numpy(data.astronaut()[:300, 60:360].astype(np.float32) / 255.0)[None]


def test_restores_a_face_and_nothing_outside_the_mask(nodes, model, photo, shown):
    image, crops, mask, report, faces = nodes.run("GPENEnhance", model=model, image=photo).args
    assert image.shape == photo.shape and mask.shape == photo.shape[:3]
    assert crops.shape == (1, 256, 256, 3)
    assert torch.equal(image[mask == 0], photo[mask == 0])
    assert not torch.equal(image, photo)
    assert shown() == "1 of 1 face restored"
    assert shown() in report and "face 0: " in report and "strength 60" in report
    assert len(faces) == 1 and len(faces[0].crops) == 1


def test_strength_0_gives_the_picture_back_bit_for_bit(nodes, model, photo):
    assert torch.equal(nodes.run("GPENEnhance", model=model, image=photo, strength=0).args[0], photo)


def test_an_overlap_beyond_half_a_tile_counts_as_half(nodes, model, photo):
    run = {"model": model, "image": photo, "scope": "picture", "tile_size": 256}
    most = nodes.run("GPENEnhance", overlap=1024, **run).args[0]
    assert torch.equal(most, nodes.run("GPENEnhance", overlap=128, **run).args[0])
    assert not torch.equal(most, nodes.run("GPENEnhance", overlap=64, **run).args[0])


def test_no_face_passes_through_and_says_so(nodes, model, shown):
    asked = len(mm.memory_asked_for)
    image, crops, mask, report, faces = nodes.run("GPENEnhance", model=model, image=EMPTY).args
    assert len(mm.memory_asked_for) == asked  # Stable Diffusion need not make room
    assert torch.equal(image, EMPTY) and not mask.any()
    assert crops.shape == (1, 256, 256, 3)  # the middle of the picture, for nodes that need something
    assert "no face found: passed through unchanged" in shown()
    assert faces[0].crops == ()


def test_a_batch_keeps_its_order(nodes, model, photo):
    batch = torch.cat([photo, photo.flip(2)])
    image, crops, mask, report, faces = nodes.run("GPENEnhance", model=model, image=batch).args
    assert len(image) == 2 and len(crops) == 2 and len(mask) == 2
    assert torch.equal(image[0], nodes.run("GPENEnhance", model=model, image=photo).args[0][0])
    assert "picture 1: 1 of 1 face restored" in report


@pytest.mark.parametrize("channels", [1, 4])
def test_channels_come_out_as_they_came_in(nodes, model, photo, channels):
    extra = torch.rand(1, 300, 300, 1) if channels == 4 else None
    image = photo.mean(-1, keepdim=True) if extra is None else torch.cat([photo, extra], -1)
    result = nodes.run("GPENEnhance", model=model, image=image).args[0]
    assert result.shape == image.shape
    if extra is not None:
        assert torch.equal(result[..., 3:], extra)


def test_grey_pictures_stay_bit_for_bit_where_nothing_was_done(nodes, model, photo):
    grey = photo.mean(-1, keepdim=True)
    image, _, mask, *_ = nodes.run("GPENEnhance", model=model, image=grey).args
    assert torch.equal(image[mask == 0], grey[mask == 0]) and not torch.equal(image, grey)
    assert torch.equal(nodes.run("GPENEnhance", model=model, image=grey, strength=0).args[0], grey)


def test_half_precision_and_values_beyond_1_are_accepted(nodes, model, photo):
    result = nodes.run("GPENEnhance", model=model, image=(photo * 1.2).half()).args[0]
    assert result.dtype == torch.float32 and bool(result.isfinite().all())


def test_the_sliders_are_replaced_by_connected_settings(nodes, model, photo):
    advice = nodes.run("GPENAdvisor", image=photo).args
    values = dict(zip(("strength", "mode", "denoise", "sharpen", "detail_enhance"), advice[1:6], strict=True))
    by_hand = nodes.run("GPENEnhance", model=model, image=photo, **values).args[0]
    connected = nodes.run("GPENEnhance", model=model, image=photo, strength=3, settings=advice[0]).args[0]
    assert torch.equal(connected, by_hand)


def test_faces_of_face_crop_replace_detection(nodes, model, photo):
    faces = nodes.run("GPENFaceCrop", image=photo).args[1]
    report = nodes.run("GPENEnhance", model=model, image=photo, faces=faces).args[3]
    assert "1 of 1 face restored" in report


def test_boxes_of_other_detectors_replace_detection(nodes, model, photo):
    box = nodes.run("GPENFaceCrop", image=photo).args[1][0].faces[0].box
    entry = {"x": box[0], "y": box[1], "width": box[2] - box[0], "height": box[3] - box[1], "score": 0.5}
    for bboxes in (entry, [entry], [[entry]]):
        report = nodes.run("GPENEnhance", model=model, image=photo, bboxes=bboxes).args[3]
        assert "1 of 1 face restored" in report


def test_a_box_or_landmarks_without_what_they_need_are_refused(nodes, model, photo):
    with pytest.raises(Exception, match="x, y, width and height"):
        nodes.run("GPENEnhance", model=model, image=photo, bboxes=[[10, 10, 50, 50]])
    with pytest.raises(Exception, match="landmarks_xy"):
        nodes.run("GPENEnhance", model=model, image=photo, landmarks={"frames": [[{}]]})


def test_an_empty_list_of_boxes_means_no_face(nodes, model, photo):
    result = nodes.run("GPENEnhance", model=model, image=photo, bboxes=[[]])
    assert torch.equal(result.args[0], photo)


def test_a_region_without_the_face_leaves_it_alone(nodes, model, photo, shown):
    result = nodes.run("GPENEnhance", model=model, image=photo, region=torch.zeros(1, 64, 64))
    assert torch.equal(result.args[0], photo)
    assert "outside the region" in shown()


def test_a_cancelled_run_stops_with_comfyuis_own_exception(nodes, model, photo):
    mm.interrupted = True
    with pytest.raises(mm.InterruptProcessingException):
        nodes.run("GPENEnhance", model=model, image=photo, sharpen=51)


@pytest.mark.parametrize("cancelled", [False, True])
def test_memory_is_given_back_after_use_and_after_a_failure(nodes, model, photo, monkeypatch, cancelled):
    given_back = []
    monkeypatch.setattr(model.model, "release", lambda: given_back.append(True))
    mm.interrupted = cancelled
    if cancelled:
        with pytest.raises(mm.InterruptProcessingException):
            nodes.run("GPENEnhance", model=model, image=photo, sharpen=52)
    else:
        nodes.run("GPENEnhance", model=model, image=photo, sharpen=52)
    assert given_back == [True]


def test_asks_comfyui_for_the_memory_of_the_network(nodes, model, photo):
    nodes.run("GPENEnhance", model=model, image=photo[:, :290])
    assert mm.memory_asked_for[-1] >= 256 * 256 * 4
    assert any(loaded.model is model.patcher for loaded in mm.current_loaded_models)


def test_changing_a_slider_does_not_look_for_faces_again(nodes, model, photo, pack, monkeypatch):
    # No other picture is as dark; embedded is there on every computer.
    dark = photo * 0.9
    nodes.run("GPENEnhance", model=model, image=dark, detector="embedded")
    detector = importlib.import_module(f"{pack.__name__}.gpen_core.faces.embedded").EmbeddedDetector
    monkeypatch.delattr(detector, "detect")
    report = nodes.run("GPENEnhance", model=model, image=dark, detector="embedded", contrast=55).args[3]
    assert "1 of 1 face restored" in report


@pytest.mark.parametrize("text", ["first", ",", "0.5"])
def test_indices_that_are_no_numbers_are_refused(nodes, model, photo, text):
    with pytest.raises(Exception, match="face numbers such as 0,2"):
        nodes.run("GPENEnhance", model=model, image=photo, indices=text)


@pytest.mark.parametrize("text", ["0,2", "0, 2,", "0 2", "0，2", "0、2"])
def test_indices_may_be_written_on_any_keyboard(pack, text):
    inputs = importlib.import_module(f"{pack.__name__}.nodes.face_inputs")
    assert inputs.parse_indices(text) == (0, 2)


def test_a_latent_instead_of_an_image_is_refused(nodes, model):
    with pytest.raises(Exception, match="Expected an IMAGE"):
        nodes.run("GPENEnhance", model=model, image=torch.zeros(1, 16, 8, 8))


@pytest.fixture(scope="module")
def sharp_and_blurred() -> torch.Tensor:
    """(1, 600, 1200, 3): the same face twice, sharp at the left and blurred at the right."""
    face = cv2.resize(data.astronaut()[:300, 60:360].astype(np.float32) / 255.0, None, fx=2, fy=2)
    sharp = np.clip(3.0 * face - 2.0 * cv2.GaussianBlur(face, (0, 0), 1.5), 0.0, 1.0)
    return torch.from_numpy(np.concatenate([sharp, cv2.GaussianBlur(face, (0, 0), 5.0)], axis=1))[None]


def advised(nodes, model, picture, advised_on=None, **inputs):
    """What a graph of GPEN Advisor and GPEN Enhance gives."""
    graph = {
        "1": {"class_type": "GPENAdvisor", "inputs": {"image": picture if advised_on is None else advised_on}},
        "2": {
            "class_type": "GPENEnhance",
            "inputs": {"model": model, "image": picture, "settings": ["1", 0], **inputs},
        },
    }
    return run(nodes, graph)["2"].args


def test_the_node_says_which_sliders_the_advice_has_replaced(nodes, model, photo, shown):
    strength = nodes.run("GPENAdvisor", image=photo).args[1]
    report = advised(nodes, model, photo, strength=3)[3]
    (line,) = [each for each in shown().splitlines() if each.startswith("Set by GPEN Advisor: ")]
    assert f"strength {strength} instead of 3" in line and "mode" not in line
    assert line in report


def test_advice_that_agrees_with_the_sliders_says_so(nodes, model, photo, shown):
    advice = nodes.run("GPENAdvisor", image=photo).args
    values = dict(zip(("strength", "mode", "denoise", "sharpen", "detail_enhance"), advice[1:6], strict=True))
    settings = json.loads(advice[8])[0]["advice"]["settings"]
    values |= {name: round(settings[name]) for name in ("contrast", "brightness")}
    advised(nodes, model, photo, **values)
    assert "GPEN Advisor leaves the settings as they are." in shown().splitlines()


@pytest.mark.parametrize("detector", ["auto", "embedded"])
def test_advice_leaves_sharp_faces_alone(nodes, model, sharp_and_blurred, detector, shown):
    image, _, mask, report, _ = advised(nodes, model, sharp_and_blurred, detector=detector)
    assert torch.equal(image[:, :, :600], sharp_and_blurred[:, :, :600]) and not mask[:, :, :600].any()
    assert not torch.equal(image, sharp_and_blurred)
    assert shown().startswith("1 of 2 faces restored, 1 sharp already")
    assert "skipped: sharp already" in report


def test_advice_holds_at_another_scale_and_for_given_faces(nodes, model, sharp_and_blurred):
    half = torch.nn.functional.avg_pool2d(sharp_and_blurred.movedim(-1, 1), 2).movedim(1, -1)
    image = advised(nodes, model, half, advised_on=sharp_and_blurred)[0]
    assert torch.equal(image[:, :, :300], half[:, :, :300]) and not torch.equal(image, half)
    faces = nodes.run("GPENFaceCrop", image=sharp_and_blurred, indices="0").args[1]
    assert torch.equal(advised(nodes, model, sharp_and_blurred, faces=faces)[0], sharp_and_blurred)


def test_advice_on_one_picture_leaves_out_no_face_of_the_next(nodes, model, sharp_and_blurred):
    batch = torch.cat([sharp_and_blurred, sharp_and_blurred.flip(2)])
    image = advised(nodes, model, batch, advised_on=sharp_and_blurred)[0]
    assert torch.equal(image[0, :, :600], batch[0, :, :600])
    assert not torch.equal(image[1, :, :600], batch[1, :, :600])
    image = advised(nodes, model, batch)[0]
    assert torch.equal(image[1, :, 600:], batch[1, :, 600:])


def test_strength_0_is_not_called_restored(nodes, model, photo, shown):
    _, _, mask, report, _ = nodes.run("GPENEnhance", model=model, image=photo, strength=0).args
    assert shown() == "1 of 1 face left alone at strength 0" and shown() in report
    assert not mask.any()


def test_the_node_shows_the_largest_face_close_up(nodes):
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    group = nodes.run("GPENExamplePicture", picture="group").args[0]
    (shown,) = nodes.run("GPENEnhance", model=model, image=group).ui["images"]
    assert shown.shape == (512, 1024, 3)
    assert not torch.equal(shown[:, :512], shown[:, 512:])


def test_without_a_face_the_node_shows_the_whole_picture(nodes):
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    plain = torch.full((1, 120, 100, 3), 0.5)
    (shown,) = nodes.run("GPENEnhance", model=model, image=plain).ui["images"]
    assert shown.shape == (120, 200, 3)
    assert torch.equal(shown[:, :100], plain[0])
