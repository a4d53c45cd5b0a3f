"""Detail for the whole picture."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch
from faces import noise_picture
from networks import tiny_network
from torch import Tensor

import gpen_core
from gpen_core import GPENError, GPENModel
from gpen_core.image.tiling import TileLayout
from gpen_core.image.warp import Pixels
from gpen_core.model import Restored
from gpen_core.restore.background import enhance_background

Network = Callable[[Tensor], Tensor]


class Standin(GPENModel):
    """A model whose network is an ordinary function of (N, 3, 32, 32) in [0, 1]."""

    def __init__(self, network: Network) -> None:
        super().__init__(tiny_network(32), "standin", torch.device("cpu"), "fp32")
        self.made_up = network
        self.batches: list[int] = []
        self.rungs: tuple[str, ...] = ()

    def run(self, faces: Tensor) -> Restored:
        self.batches.append(len(faces))
        return Restored(self.made_up(faces.permute(0, 3, 1, 2)).permute(0, 2, 3, 1).clamp(0, 1), rungs=self.rungs)


def sharpened(faces: Tensor) -> Tensor:
    blurred = torch.nn.functional.avg_pool2d(faces, 7, 1, 3, count_include_pad=False)
    return 2.0 * faces - blurred


def stripes(faces: Tensor) -> Tensor:
    """What a network does that sees a face everywhere: the same strong picture, whatever it is given."""
    wave = 0.5 + 0.4 * torch.sin(torch.arange(faces.shape[-1]) * 0.9)
    return wave.expand_as(faces).clone()


def soft_picture(height: int = 70, width: int = 90) -> Pixels:
    """Blurred blobs: something to sharpen, and nothing near black or white."""
    drawn = np.random.default_rng(0).random((height, width, 3), np.float32)
    blurred = cv2.GaussianBlur(drawn, (0, 0), 2).astype(np.float32)
    return 0.3 + 0.4 * (blurred - blurred.min()) / (blurred.max() - blurred.min())


def enhance(picture: Pixels, network: Network, strength: float = 100, tile_size: int = 32, overlap: int = 8) -> Pixels:
    return enhance_background(picture, Standin(network), strength=strength, tile_size=tile_size, overlap=overlap)[0]


def test_an_identity_network_changes_nothing() -> None:
    picture = noise_picture(70, 90)
    for tile_size in (20, 32, 50, 200):
        assert np.abs(enhance(picture, lambda faces: faces, tile_size=tile_size) - picture).max() <= 1e-6


def test_strength_zero_is_bit_identical_and_needs_no_network() -> None:
    picture, model = noise_picture(70, 90), Standin(sharpened)
    result, note = enhance_background(picture, model, strength=0, tile_size=32, overlap=8)
    assert np.array_equal(result, picture)
    assert result is not picture
    assert model.batches == []
    assert "strength 0" in note


def test_detail_of_the_network_arrives() -> None:
    picture = soft_picture()
    result = enhance(picture, sharpened)
    assert np.abs(np.diff(result, axis=1)).mean() > 1.05 * np.abs(np.diff(picture, axis=1)).mean()


@pytest.mark.parametrize("tile_size", [16, 64])
def test_tiles_of_another_size_are_resampled(tile_size: int) -> None:
    picture = soft_picture()
    change = enhance(picture, sharpened, tile_size=tile_size) - picture
    detail = picture - cv2.GaussianBlur(picture, (0, 0), 3)
    assert float((change * detail).sum()) > 0.0


def test_more_strength_does_more() -> None:
    picture = soft_picture()
    changes = [np.abs(enhance(picture, sharpened, strength) - picture).mean() for strength in (0, 10, 30, 60, 100)]
    assert changes == sorted(changes)
    assert changes[1] > 0
    assert changes[4] == pytest.approx(10 * changes[1], rel=0.01)


def test_light_and_colour_stay() -> None:
    picture = soft_picture()
    result = enhance(picture, lambda faces: sharpened(faces) * torch.tensor([0.6, 0.9, 1.2])[:, None, None])
    np.testing.assert_allclose(result - result[..., :1], picture - picture[..., :1], atol=1e-6)
    np.testing.assert_allclose(result.mean((0, 1)), picture.mean((0, 1)), atol=2e-3)


def test_a_change_of_contrast_is_no_detail() -> None:
    picture = soft_picture()
    assert np.abs(enhance(picture, lambda faces: 0.5 + 1.5 * (faces - 0.5)) - picture).max() < 0.005


def test_grey_stays_grey() -> None:
    picture = np.repeat(soft_picture()[..., :1], 3, axis=2)
    result = enhance(picture, lambda faces: sharpened(faces) * torch.tensor([0.8, 1.0, 1.1])[:, None, None])
    assert not np.array_equal(result, picture)
    assert np.array_equal(result[..., 0], result[..., 1])
    assert np.array_equal(result[..., 0], result[..., 2])


def test_nothing_is_painted_where_nothing_is() -> None:
    flat = np.full((70, 90, 3), 0.4, np.float32)
    assert np.abs(enhance(flat, stripes) - flat).max() < 1e-4


def test_little_is_painted_over_what_is_there() -> None:
    picture = soft_picture()
    change = enhance(picture, stripes) - picture
    assert change.std() < 0.05 * 0.4 / np.sqrt(2)  # of what the network painted


def test_nothing_sharp_is_blurred() -> None:
    picture = noise_picture(70, 90)
    result = enhance(picture, lambda faces: torch.nn.functional.avg_pool2d(faces, 5, 1, 2))
    assert np.abs(result - picture).mean() < 1e-4


def test_values_beyond_the_range_are_kept_but_not_made() -> None:
    picture = noise_picture(70, 90) * 2 - 0.5
    result = enhance(picture, sharpened)
    assert np.all(result >= np.minimum(picture, 0.0))
    assert np.all(result <= np.maximum(picture, 1.0))


def test_batches_give_what_single_tiles_give() -> None:
    picture = soft_picture()
    one, four = Standin(sharpened), Standin(sharpened)
    alone, _ = enhance_background(picture, one, tile_size=32, overlap=8)
    together, _ = enhance_background(picture, four, tile_size=32, overlap=8, batch_size=4)
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert one.batches == [1] * 12
    assert four.batches == [4, 4, 4]


def test_an_automatic_batch_is_taken() -> None:
    model = Standin(sharpened)
    model.automatic_batch = lambda: 5
    enhance_background(soft_picture(), model, tile_size=32, overlap=8, batch_size=0)
    assert model.batches == [5, 5, 2]


def test_progress_counts_tiles_and_can_stop() -> None:
    picture, model = soft_picture(32, 80), Standin(sharpened)
    seen: list[tuple[int, int]] = []

    class Stopped(BaseException):
        pass

    def stop_at_two(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise Stopped

    with pytest.raises(Stopped):
        enhance_background(picture, model, tile_size=32, overlap=8, progress=stop_at_two)
    assert seen == [(1, 3), (2, 3)]
    assert model.batches == [1, 1]


def test_the_input_is_left_alone() -> None:
    picture = soft_picture()
    before = picture.copy()
    enhance(picture, sharpened)
    assert np.array_equal(picture, before)


def test_the_note_says_what_was_done() -> None:
    _, note = enhance_background(soft_picture(), Standin(sharpened), strength=40, tile_size=32, overlap=8)
    assert note == "background in 12 tile(s): fine detail only, at strength 40"


def test_the_note_says_how_memory_was_saved() -> None:
    model = Standin(sharpened)
    model.rungs = ("strips of 8 rows",)
    _, note = enhance_background(soft_picture(), model, tile_size=32, overlap=8, batch_size=6)
    assert note.endswith("; strips of 8 rows (2 times)")


def test_a_pruned_model_is_advised_against(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Standin, "variant", "pruned")
    _, note = enhance_background(soft_picture(), Standin(sharpened), tile_size=32, overlap=8)
    assert "use full" in note


@pytest.mark.parametrize("options", [{"strength": 101}, {"strength": -1}, {"batch_size": -1}, {"overlap": 600}])
def test_impossible_settings_are_refused(options: dict) -> None:
    with pytest.raises(GPENError):
        enhance_background(soft_picture(), Standin(sharpened), **options)


def test_the_embedded_model_leaves_no_seam() -> None:
    picture = soft_picture(150, 150)
    result, _ = enhance_background(picture, gpen_core.load_model(), strength=100, tile_size=96, overlap=16)
    borders = sorted({border for tile in TileLayout(150, 150, 96, 16) for border in (tile.columns.start, 96)} - {0})
    assert len(borders) == 2
    before, after = (np.abs(np.diff(pixels, axis=1)).mean((0, 2)) for pixels in (picture, result))
    gain = after / before  # of the gradient, by column
    across = np.array([border - 1 for border in borders])
    assert gain[across].mean() <= 1.05 * gain.mean()
    assert not np.array_equal(result, picture)
