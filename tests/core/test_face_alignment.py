"""gpen_core.faces.face_alignment, sfd and fan: loading, crops and decoding, with stand-ins for the trained networks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gpen_core.errors import CheckpointError, GPENError
from gpen_core.faces import face_alignment
from gpen_core.faces.face_alignment import FaceAlignmentDetector
from gpen_core.faces.fan import crop_around, cut, decode_heat_maps, find_landmarks
from gpen_core.faces.sfd import decode_boxes, find_boxes
from gpen_core.image.geometry import apply

CPU = torch.device("cpu")


def gaussians(points: np.ndarray, size: int = 64, sigma: float = 1.5) -> Tensor:
    """Heat maps with peaks at (N, K, 2) points."""
    y, x = np.indices((size, size))
    squares = (x - points[..., :1, None]) ** 2 + (y - points[..., 1:, None]) ** 2
    return torch.from_numpy(np.exp(-squares / (2 * sigma**2))).float()


def sfd_outputs(level: int, row: int, column: int, offsets: tuple[float, ...]) -> list[Tensor]:
    """Six levels that see a single face."""
    outputs: list[Tensor] = []
    for index in range(6):
        logits, boxes = torch.zeros(1, 2, 16, 16), torch.zeros(1, 4, 16, 16)
        logits[:, 0] = 9.0
        if index == level:
            logits[0, :, row, column] = torch.tensor([0.0, 5.0])
            boxes[0, :, row, column] = torch.tensor(offsets)
        outputs += [logits, boxes]
    return outputs


class BoxStub(nn.Module):
    """Stands for S3FD: sees the white square in a dark picture as one face."""

    def forward(self, pixels: Tensor) -> list[Tensor]:
        bright = pixels[0, 1] > 60
        outputs = sfd_outputs(-1, 0, 0, (0, 0, 0, 0))
        rows, columns = torch.where(bright)
        if len(rows):
            centre = torch.stack([columns, rows]).float().mean(dim=1) + 0.5
            side = float(bright.sum()) ** 0.5
            # Level 2: stride 16, anchor 64.
            row, column = int(centre[1] // 16), int(centre[0] // 16)
            logits, boxes = torch.zeros(1, 2, 64, 64), torch.zeros(1, 4, 64, 64)
            logits[:, 0] = 9.0
            logits[0, :, row, column] = torch.tensor([0.0, 6.0])
            move = (centre - (torch.tensor([column, row]) + 0.5) * 16) / 6.4
            size = torch.full((2,), float(np.log(side / 64) / 0.2))
            boxes[0, :, row, column] = torch.cat([move, size])
            outputs[4:6] = [logits, boxes]
        return outputs


class CentreStub(nn.Module):
    """Stands for FAN: every landmark is the centre of brightness of the crop."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def forward(self, crops: Tensor) -> list[Tensor]:
        assert crops.dtype == torch.float32
        assert crops.shape[1:] == (3, 256, 256)
        assert 0 <= float(crops.min()) <= float(crops.max()) <= 1
        self.batches.append(len(crops))
        light = crops.mean(dim=1).double().numpy()
        y, x = np.indices((256, 256))
        total = light.sum(axis=(1, 2))
        centre = np.stack([(light * x).sum(axis=(1, 2)) / total, (light * y).sum(axis=(1, 2)) / total], axis=1)
        points = np.repeat(((centre + 0.5) / 4 - 0.5)[:, None], 68, axis=1)
        return [torch.zeros(len(crops), 68, 64, 64), gaussians(points)]


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An otherwise empty weight folder, the only one that is searched."""
    monkeypatch.setattr("gpen_core.checkpoints.folders.search_folders", lambda: [tmp_path])
    yield tmp_path


def test_heat_maps_are_decoded_between_pixels() -> None:
    points = np.random.default_rng(0).uniform(3, 60, (2, 68, 2))
    np.testing.assert_allclose(decode_heat_maps(gaussians(points)), points, atol=1e-3)


def test_heat_maps_may_have_any_height() -> None:
    points = np.full((1, 2, 2), 20.3)
    np.testing.assert_allclose(decode_heat_maps(gaussians(points) * 0.05), points, atol=1e-3)


@pytest.mark.parametrize("peak", [(0.0, 0.0), (63.0, 63.0), (0.0, 30.25)])
def test_peaks_at_the_border_are_decoded(peak: tuple[float, float]) -> None:
    points = np.array([[peak]])
    np.testing.assert_allclose(decode_heat_maps(gaussians(points)), points, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, -1.0, 1.0])
def test_flat_heat_maps_give_finite_points(value: float) -> None:
    assert np.isfinite(decode_heat_maps(torch.full((1, 3, 64, 64), value))).all()


def test_the_crop_lies_as_in_training() -> None:
    transform = crop_around(np.array([100.0, 200.0, 190.0, 305.0]))
    # Width and height add up to 195, so the side is 200 px; the centre is raised by 0.12 of the height.
    corners = apply(transform, np.array([[145 - 100, 252.5 - 12.6 - 100], [145 + 100, 252.5 - 12.6 + 100]]))
    np.testing.assert_allclose(corners, [[-0.5, -0.5], [255.5, 255.5]])


def test_a_crop_reduces_without_aliasing() -> None:
    stripes = np.zeros((2000, 2000, 3), np.uint8)
    stripes[:, ::2] = 254
    crop = cut(stripes, crop_around(np.array([600.0, 600.0, 1400.0, 1400.0])))
    inside = crop[:, 8:-8, 8:-8]
    assert float(inside.max() - inside.min()) < 0.06  # 1.0 with plain linear interpolation


@pytest.mark.parametrize("box", [(-80, -80, 20, 20), (500, 500, 600, 600), (10, 10, 10, 10)])
def test_boxes_over_the_border_or_empty_can_be_cut(box: tuple[int, ...]) -> None:
    crop = cut(np.full((100, 100, 3), 128, np.uint8), crop_around(np.array(box, dtype=float)))
    assert crop.shape == (3, 256, 256)


def test_landmarks_come_back_in_pixels_of_the_picture() -> None:
    picture = np.zeros((600, 900, 3), np.uint8)
    picture[301:332, 417:440] = 255
    points = find_landmarks(CentreStub(), picture, np.array([[380.0, 260.0, 480.0, 380.0]]), CPU)
    np.testing.assert_allclose(points, np.broadcast_to([428.0, 316.0], (1, 68, 2)), atol=0.05)


def test_many_faces_go_through_in_bounded_batches() -> None:
    network = CentreStub()
    boxes = np.tile([10.0, 10.0, 60.0, 60.0], (19, 1))
    assert find_landmarks(network, np.full((80, 80, 3), 200, np.uint8), boxes, CPU).shape == (19, 68, 2)
    assert network.batches == [8, 8, 3]


def test_an_sfd_anchor_without_offsets_is_decoded() -> None:
    faces = decode_boxes(sfd_outputs(2, 3, 5, (0, 0, 0, 0)), 0.5)
    # Stride 16: centre (5.5, 3.5) * 16, side 64, less half a pixel.
    np.testing.assert_allclose(faces.boxes, [[55.5, 23.5, 119.5, 87.5]])
    np.testing.assert_allclose(faces.scores, [1 / (1 + np.exp(-5.0))], rtol=1e-6)


def test_sfd_offsets_move_and_scale_the_anchor() -> None:
    faces = decode_boxes(sfd_outputs(0, 3, 5, (1, -1, 5 * np.log(2), 0)), 0.5)
    # Stride 4, anchor 16: moved by 1.6, twice as wide.
    np.testing.assert_allclose(faces.boxes, [[23.6 - 16.5, 12.4 - 8.5, 23.6 + 15.5, 12.4 + 7.5]], atol=1e-5)


def test_sfd_sees_bgr_less_the_mean() -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, pixels: Tensor) -> list[Tensor]:
            seen.append(pixels)
            return sfd_outputs(-1, 0, 0, (0, 0, 0, 0))

    find_boxes(Spy(), np.array([[[10, 20, 30]]], np.uint8), CPU, 0.5)
    assert seen[0].shape == (1, 3, 64, 64)
    assert seen[0][0, :, 0, 0].tolist() == [30 - 104, 20 - 117, 10 - 123]
    assert not seen[0][0, :, 1:, 1:].any()


@pytest.mark.parametrize("side", [300, 640, 1500])
def test_a_face_is_found_with_all_its_landmarks(side: int) -> None:
    picture = np.zeros((side, side, 3), np.uint8)
    low, high = side // 2, side // 2 + side // 5
    picture[low:high, low:high] = 255
    (face,) = FaceAlignmentDetector(networks=(BoxStub(), CentreStub())).detect(picture)
    centre = (low + high - 1) / 2
    np.testing.assert_allclose(face.centre, [centre, centre], atol=side / 300)
    assert face.landmarks_68 is not None
    assert face.landmarks_68.shape == (68, 2)
    np.testing.assert_allclose(face.landmarks, np.full((5, 2), centre), atol=0.1)


def test_a_face_found_turned_has_landmarks_in_the_unturned_picture() -> None:
    class OnlyTurned(BoxStub):
        """Sees the square in the lower right corner only, where it is not in the picture as given."""

        def forward(self, pixels: Tensor) -> list[Tensor]:
            corner = torch.zeros_like(pixels) - 100
            half = pixels.shape[-1] // 2
            corner[..., half:, half:] = pixels[..., half:, half:]
            return super().forward(corner)

    picture = np.zeros((640, 640, 3), np.uint8)
    picture[60:190, 100:230] = 255
    (face,) = FaceAlignmentDetector(networks=(OnlyTurned(), CentreStub())).detect(picture)
    np.testing.assert_allclose(face.centre, [164.5, 124.5], atol=1)
    np.testing.assert_allclose(face.landmarks, np.tile([164.5, 124.5], (5, 1)), atol=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (40, 40), (20, 5000)])
def test_no_face_is_no_error(shape: tuple[int, int]) -> None:
    detector = FaceAlignmentDetector(networks=(BoxStub(), CentreStub()))
    assert detector.detect(np.zeros((*shape, 3), np.uint8)) == []


def test_missing_files_are_both_named(weights: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        FaceAlignmentDetector()
    for expected in (
        "gpen weights fetch s3fd-619a316812.pth",
        "gpen weights fetch 2DFAN4-11f355bf06.pth.tar",
        "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
    ):
        assert expected in str(error.value)


def test_a_missing_package_is_explained(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("s3fd-619a316812.pth", "2DFAN4-11f355bf06.pth.tar"):
        torch.save({"weight": torch.zeros(1)}, weights / name)
    monkeypatch.setitem(sys.modules, "face_alignment.models", None)
    monkeypatch.setitem(sys.modules, "face_alignment.detection.sfd.net_s3fd", None)
    with pytest.raises(GPENError, match=r'pip install --no-deps "face-alignment') as error:
        FaceAlignmentDetector()
    assert "yunet" in str(error.value)


def random_network(build: Callable[[], nn.Module]) -> nn.Module:
    """A network with random weights, without the seconds that its own initialisation takes."""
    with torch.device("meta"):
        network = build()
    network.to_empty(device="cpu")
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var"):
            tensor.fill_(1.0)
        elif tensor.is_floating_point():
            tensor.uniform_(-0.01, 0.01)
        else:
            tensor.zero_()
    return network


def test_the_packages_networks_load_from_our_folder(weights: Path) -> None:
    s3fd = pytest.importorskip("face_alignment.detection.sfd.net_s3fd").s3fd
    fan = pytest.importorskip("face_alignment.models").FAN
    torch.manual_seed(0)
    boxes, landmarks = random_network(s3fd), random_network(lambda: fan(4))
    torch.save(boxes.state_dict(), weights / "s3fd-619a316812.pth")
    torch.save(landmarks.state_dict(), weights / "2DFAN4-11f355bf06.pth.tar")
    flags = torch.backends.cudnn.benchmark, torch.is_grad_enabled()
    detector = FaceAlignmentDetector()
    assert torch.equal(detector._landmarks.state_dict()["l3.weight"], landmarks.state_dict()["l3.weight"])
    assert torch.equal(detector._boxes.state_dict()["fc7.weight"], boxes.state_dict()["fc7.weight"])
    found = find_boxes(detector._boxes, np.zeros((64, 64, 3), np.uint8), CPU, 0.0)
    assert len(found) > 16**2  # the finest level of 64 px alone has 16 by 16 anchors
    assert np.isfinite(found.boxes).all()
    assert (torch.backends.cudnn.benchmark, torch.is_grad_enabled()) == flags


def test_a_file_of_another_network_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "2DFAN4-11f355bf06.pth.tar"
    torch.save({"other": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="does not fit"):
        face_alignment._load(lambda: nn.Linear(1, 1), path)
