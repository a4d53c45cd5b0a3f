"""SEGS, given and taken."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest
import torch
from skimage import data

# As other packs declare it.
SEG = namedtuple(
    "SEG",
    ["cropped_image", "cropped_mask", "confidence", "crop_region", "bbox", "label", "control_net_wrapper"],
    defaults=[None],
)


@pytest.fixture(scope="module")
def image() -> torch.Tensor:
    return torch.from_numpy(data.astronaut()[:300, 60:360].astype(np.float32) / 255.0)[None]


@pytest.fixture(scope="module")
def faces(nodes: Any, image: torch.Tensor) -> Any:
    return nodes.run("GPENFaceCrop", image=image).args[1]


def test_faces_become_segments(nodes: Any, image: torch.Tensor, faces: Any) -> None:
    (((height, width), segments),) = nodes.run("GPENFacesToSEGS", faces=faces).args[0]
    assert (height, width) == (300, 300)
    (segment,) = segments
    assert segment._fields == SEG._fields and segment.label == "face" and segment.cropped_image is None
    left, top, right, bottom = segment.crop_region
    assert segment.cropped_mask.shape == (bottom - top, right - left)
    whole = np.zeros((height, width))
    whole[top:bottom, left:right] = segment.cropped_mask
    assert np.argwhere(whole).min(0).tolist() == segment.bbox[1::-1]
    assert (np.argwhere(whole).max(0) + 1).tolist() == segment.bbox[:1:-1]
    assert np.allclose(segment.bbox, faces[0].faces[0].box, atol=0.51)
    assert 0.5 < segment.confidence <= 1.0


@pytest.mark.parametrize("factor", [1.0, 3.0, 10.0])
def test_regions_stay_inside_the_picture(nodes: Any, faces: Any, factor: float) -> None:
    ((_, (segment,)),) = nodes.run("GPENFacesToSEGS", faces=faces, crop_factor=factor).args[0]
    left, top, right, bottom = segment.crop_region
    assert 0 <= left < right <= 300 and 0 <= top < bottom <= 300
    assert (segment.crop_region == segment.bbox) == (factor == 1.0)


def test_pictures_without_a_face_have_no_segments(nodes: Any, image: torch.Tensor, shown: Any) -> None:
    faces = nodes.run("GPENFaceCrop", image=torch.zeros_like(image)).args[1]
    assert nodes.run("GPENFacesToSEGS", faces=faces).args[0] == [((300, 300), [])]
    assert "no face" in shown()


@pytest.mark.parametrize("confidence", [0.75, np.array([0.75], np.float32), None])
def test_segments_of_others_become_faces(nodes: Any, image: torch.Tensor, faces: Any, confidence: Any) -> None:
    box = [round(value / 2) for value in faces[0].faces[0].box]  # found in the picture at half its size
    segs = ((150, 150), [SEG(None, np.ones((9, 9)), confidence, [0, 0, 150, 150], np.array(box), "face")])
    boxes = nodes.run("GPENSEGSToBoxes", image=image, segs=segs).args[0]
    (given,) = nodes.run("GPENFaceCrop", image=image, bboxes=boxes).args[1]
    assert np.allclose(given.faces[0].box, faces[0].faces[0].box, atol=12)
    assert given.faces[0].score == (1.0 if confidence is None else 0.75)


def test_no_segments_are_no_faces(nodes: Any, image: torch.Tensor) -> None:
    boxes = nodes.run("GPENSEGSToBoxes", image=image, segs=((300, 300), [])).args[0]
    assert nodes.run("GPENFaceCrop", image=image, bboxes=boxes).args[1][0].faces == ()


@pytest.mark.parametrize("segs", [None, 5, [1, 2, 3], ((1, 2), [SEG(None, None, 1.0, None, None, "x")])])
def test_what_is_no_segs_is_refused_with_advice(nodes: Any, image: torch.Tensor, segs: Any) -> None:
    with pytest.raises(Exception, match="Connect a node that gives SEGS"):
        nodes.run("GPENSEGSToBoxes", image=image, segs=segs)
