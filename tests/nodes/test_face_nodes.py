"""Face Crop and Paste Faces."""

from __future__ import annotations

import comfy.model_management as mm
import numpy as np
import pytest
import torch
from skimage import data
from torch.nn import functional as F

EMPTY = torch.full((1, 96, 128, 3), 0.4)


@pytest.fixture(scope="module")
def photo() -> torch.Tensor:
    """(1, 300, 300, 3), one face."""
    return torch.from_numpy(data.astronaut()[:300, 60:360].astype(np.float32) / 255.0)[None]


def test_cuts_out_and_numbers_the_faces(nodes, photo, shown):
    result = nodes.run("GPENFaceCrop", image=photo, crop_size=256)
    crops, faces, mask, preview, report = result.args
    assert crops.shape == (1, 256, 256, 3)
    assert [len(own.crops) for own in faces] == [1]
    assert 0 < float(mask.mean()) < 0.5 and mask.shape == (1, 300, 300)
    assert preview.shape == photo.shape and not torch.equal(preview, photo)
    assert shown() == "1 of 1 face cut out"
    assert report.splitlines()[0] == shown() and "face 0: " in report and "score" in report
    assert torch.equal(result.ui["images"][0], preview[0])


def test_eye_centred_squares_are_neither_turned_nor_padded(nodes, photo):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=photo, method="eye_centred", square_size=200, crop_size=200).args
    matrix = faces[0].crops[0].image_to_crop
    np.testing.assert_array_equal(matrix[:, :2], np.eye(2))
    left, top = (-matrix[:, 2]).astype(int)
    assert torch.equal(crops[0], photo[0, top : top + 200, left : left + 200])


def test_no_face_gives_the_middle_and_an_empty_mask(nodes, shown):
    crops, faces, mask, _, _ = nodes.run("GPENFaceCrop", image=EMPTY).args
    assert crops.shape == (1, 512, 512, 3) and not mask.any()
    assert faces[0].crops == () and "no face found" in shown()


@pytest.mark.parametrize(("indices", "said"), [("99", "99"), ("-1", "-1"), ("0,7 8", "7, 8")])
def test_a_number_that_is_not_there_is_named_and_means_no_face(nodes, photo, shown, indices, said):
    faces, report = (nodes.run("GPENFaceCrop", image=photo, indices=indices).args[each] for each in (1, 4))
    assert [face.index for face in faces[0].faces] == ([0] if "0" in indices else [])
    assert shown().endswith(f"there is no face {said}") and shown() in report


def test_the_report_of_crops_names_no_strength(nodes, photo):
    report = nodes.run("GPENFaceCrop", image=photo).args[4]
    assert "score" in report and "strength" not in report


@pytest.mark.parametrize("crop_size", [256, 512, 777])
def test_crops_of_any_size_go_back(nodes, photo, crop_size):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=photo, crop_size=512).args
    resized = F.interpolate(crops.movedim(-1, 1), (crop_size, crop_size), mode="bicubic", antialias=True).movedim(1, -1)
    image, mask = nodes.run("GPENPasteFaces", image=photo, crops=resized, faces=faces).args
    assert torch.equal(image[mask == 0], photo[mask == 0])
    assert float((image - photo).abs().mean()) < 0.003


def test_crops_go_back_onto_an_enlarged_picture(nodes, photo):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=photo, crop_size=512).args
    large = F.interpolate(photo.movedim(-1, 1), scale_factor=2, mode="bicubic").movedim(1, -1)
    image, mask = nodes.run("GPENPasteFaces", image=large, crops=crops, faces=faces).args
    assert image.shape == (1, 600, 600, 3)
    assert float((image - large).abs().mean()) < 0.003


def test_pasting_no_face_passes_the_picture_through(nodes, shown):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=EMPTY).args
    image, mask = nodes.run("GPENPasteFaces", image=EMPTY, crops=crops, faces=faces).args
    assert torch.equal(image, EMPTY) and not mask.any()
    assert shown() == "no face: passed through unchanged"


def test_a_picture_of_other_proportions_is_refused(nodes, photo):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=photo).args
    with pytest.raises(Exception, match="other proportions"):
        nodes.run("GPENPasteFaces", image=photo[:, :200], crops=crops, faces=faces)


def test_another_number_of_crops_is_refused(nodes, photo):
    crops, faces, *_ = nodes.run("GPENFaceCrop", image=photo).args
    with pytest.raises(Exception, match="2 crop"):
        nodes.run("GPENPasteFaces", image=photo, crops=torch.cat([crops, crops]), faces=faces)


def test_landmarks_of_comfyui_replace_detection(nodes, photo):
    face = nodes.run("GPENFaceCrop", image=photo).args[1][0].faces[0]
    mesh = np.tile(face.landmarks[2], (478, 1))
    outlines = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380), (4,), (61,), (291,))
    for outline, point in zip(outlines, face.landmarks, strict=True):
        mesh[list(outline)] = point
    landmarks = {"frames": [[{"landmarks_xy": mesh, "score": 0.9}]], "image_size": (300, 300)}
    found = nodes.run("GPENFaceCrop", image=photo, landmarks=landmarks).args[1][0].faces[0]
    np.testing.assert_allclose(found.landmarks, face.landmarks)
    assert found.roll == pytest.approx(face.roll)


@pytest.mark.parametrize("node", ["GPENFaceCrop", "GPENCLAHE", "GPENStandardise"])
def test_a_cancelled_run_stops_before_the_next_picture(nodes, node):
    mm.interrupted = True
    try:
        with pytest.raises(mm.InterruptProcessingException):
            nodes.run(node, image=torch.rand(2, 40, 48, 3))
    finally:
        mm.interrupted = False


def test_faces_of_another_batch_are_refused(nodes, photo):
    faces = nodes.run("GPENFaceCrop", image=photo).args[1]
    with pytest.raises(Exception, match="1 picture"):
        nodes.run("GPENFaceCrop", image=torch.cat([photo, photo]), faces=faces)
