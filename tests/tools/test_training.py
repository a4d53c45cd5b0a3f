"""What the training of the embedded network is built from."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import degradation
import fidelity
import held_out
import numpy as np
import pytest
import torch
from degradation import degrade
from fidelity import fidelity_loss
from grid import grid_loss
from numpy.typing import NDArray
from pairs import FacePairs, load_faces, loader
from PIL import Image
from progress import Progress, update_average
from realism import Discriminator
from safetensors.torch import save_file
from skimage import data
from torch import Tensor

from gpen_core.network.unet import ResidualUNet, UNetConfig

Picture = NDArray[np.uint8]
LossOf = Callable[[Tensor, Tensor], Tensor]


@pytest.fixture(scope="module")
def face() -> Picture:
    return np.ascontiguousarray(data.astronaut()[:256, 96:352])


@pytest.fixture
def net() -> ResidualUNet:
    torch.manual_seed(0)
    return ResidualUNet(UNetConfig(widths=(8, 8), middle=1, decoder=1, picture=8))


@pytest.fixture
def batch(face: Picture) -> tuple[Tensor, Tensor]:
    """Degraded and sharp parts of one face, (4, 3, 64, 64) in [-1, 1]."""
    return next(loader(FacePairs([face], 64, seed=0), 4, workers=0))


@pytest.mark.parametrize("size", [32, 128, 256])
def test_degradation_makes_pairs_of_the_size_asked_for(face: Picture, size: int) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        for picture in degrade(face, 0.5, size, rng):
            assert picture.shape == (size, size, 3) and picture.dtype == np.uint8


def test_degradation_is_repeatable_and_varied(face: Picture) -> None:
    pairs = [degrade(face, 0.5, 128, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(pairs[0][0], pairs[1][0]) and np.array_equal(pairs[0][1], pairs[1][1])
    assert not np.array_equal(pairs[0][0], pairs[2][0])


def test_degradation_covers_light_to_heavy(face: Picture) -> None:
    rng = np.random.default_rng(0)
    pairs = [degrade(face, 0.5, 128, rng) for _ in range(60)]
    errors = [float(np.abs(degraded.astype(float) - target).mean()) for degraded, target in pairs]
    assert min(errors) < 4
    assert max(errors) > 12


@pytest.mark.parametrize("way", degradation._WAYS, ids=lambda way: way.__name__.strip("_"))
@pytest.mark.parametrize(
    ("side", "scale"),
    [(24, 0.5), (64, 1.0), (256, 0.5), (256, 1.0), (512, 1.0)],
    ids=["small part", "part of a large face", "face of 256", "half of a face of 512", "face of 512"],
)
def test_every_way_of_degrading_takes_any_part(way, face: Picture, side: int, scale: float) -> None:
    part = degradation._resized(face, side, degradation.cv2.INTER_CUBIC)
    for number, severity in enumerate((0.0, 0.5, 1.0)):
        degraded = way(part, scale, severity, np.random.default_rng(number))
        assert degraded.ndim == 3 and degraded.shape[0] == degraded.shape[1] and degraded.shape[2] == 3
        assert 8 <= len(degraded) <= max(side / scale, side) and degraded.dtype == np.uint8


def test_pairs_are_parts_of_the_faces_and_repeatable(face: Picture, batch: tuple[Tensor, Tensor]) -> None:
    again = next(loader(FacePairs([face], 64, seed=0), 4, workers=0))
    other = next(loader(FacePairs([face], 64, seed=1), 4, workers=0))
    for one, same, different in zip(batch, again, other, strict=True):
        assert one.shape == (4, 3, 64, 64) and one.dtype == torch.float32
        assert float(one.min()) >= -1.0 and float(one.max()) <= 1.0
        assert torch.equal(one, same) and not torch.equal(one, different)


def test_faces_are_read_and_what_is_no_face_is_refused(face: Picture, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="Give a folder"):
        load_faces(tmp_path)
    Image.fromarray(face).save(tmp_path / "a.png")
    (only,) = load_faces(tmp_path)
    assert np.array_equal(only, face)
    Image.fromarray(face[:100]).save(tmp_path / "b.png")
    with pytest.raises(SystemExit, match=r"b\.png is no square picture"):
        load_faces(tmp_path)


def test_the_loss_is_least_for_equal_pictures(batch: tuple[Tensor, Tensor]) -> None:
    degraded, sharp = batch
    assert float(fidelity_loss(sharp, sharp)) < float(fidelity_loss(degraded, sharp))


def test_a_tenth_of_the_error_counts_alike_in_light_and_heavy_faces(batch: tuple[Tensor, Tensor]) -> None:
    sharp = batch[1]

    def gain(error: float) -> float:
        return float(fidelity_loss(sharp + error, sharp) - fidelity_loss(sharp + 0.9 * error, sharp))

    assert gain(0.2) == pytest.approx(gain(0.4), rel=0.1)


@pytest.mark.parametrize("loss_of", [fidelity_loss, fidelity.square_loss])
def test_a_few_steps_lower_the_loss(net: ResidualUNet, batch: tuple[Tensor, Tensor], loss_of: LossOf) -> None:
    optimiser, sharp = torch.optim.AdamW(net.parameters(), weight_decay=0.0), batch[1]
    degraded = 0.8 * sharp - 0.1  # darker and flatter
    losses = [fidelity._step(net, optimiser, 5e-3, degraded, sharp, loss_of) for _ in range(10)]
    assert losses[-1] < losses[0] - 0.2


def test_a_checkpoint_taken_up_gives_the_same_state(
    net: ResidualUNet, batch: tuple[Tensor, Tensor], tmp_path: Path
) -> None:
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.0)
    progress = Progress(tmp_path, {"net": net, "optimiser": optimiser})
    for _ in range(3):
        fidelity._step(net, optimiser, 1e-3, *batch, fidelity_loss)
        progress.advance(len(batch[0]))
    progress.save()
    again = ResidualUNet(net.config)
    second = torch.optim.AdamW(again.parameters(), weight_decay=0.0)
    resumed = Progress(tmp_path, {"net": again, "optimiser": second})
    resumed.resume()
    assert (resumed.samples, resumed.seconds) == (progress.samples, progress.seconds) and resumed.samples == 12
    same_tensors(net.state_dict(), again.state_dict())
    # The optimiser's state, too: the next step of both is the same.
    assert fidelity._step(net, optimiser, 1e-3, *batch, fidelity_loss) == fidelity._step(
        again, second, 1e-3, *batch, fidelity_loss
    )
    same_tensors(net.state_dict(), again.state_dict())


def test_a_grid_counts_and_other_wrong_detail_hardly() -> None:
    sharp = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    noisy = sharp + 0.1 * torch.randn(sharp.shape, generator=torch.Generator().manual_seed(1))
    dotted = sharp.clone()
    dotted[:, :, ::4, ::4] += 0.1
    assert grid_loss(sharp, sharp) == 0
    assert grid_loss(dotted, sharp) > 20 * grid_loss(noisy, sharp)


def test_a_run_that_is_new_starts_from_nothing(net: ResidualUNet, tmp_path: Path) -> None:
    progress = Progress(tmp_path / "new", {"net": net})
    progress.resume()
    assert progress.samples == 0


def test_the_average_follows_the_weights(net: ResidualUNet) -> None:
    average = copy.deepcopy(net)
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(1.0)
    before = next(average.parameters()).clone()
    update_average(average, net, samples=1_000_000, half_life=8, batch=8)
    moved = (next(average.parameters()) - before) / (next(net.parameters()) - before)
    torch.testing.assert_close(moved, torch.full_like(moved, 0.5))


@pytest.mark.parametrize("side", [64, 128])
def test_the_discriminator_scores_patches(side: int) -> None:
    faces = torch.rand(2, 3, side, side) * 2 - 1
    scores, features = Discriminator((8, 12, 16))(faces, faces)
    assert scores.shape == (2, 1, side // 8, side // 8)
    assert [tuple(each.shape[1:]) for each in features] == [
        (8, side // 2, side // 2),
        (12, side // 4, side // 4),
        (16, side // 8, side // 8),
        (16, side // 8, side // 8),
    ]


@pytest.fixture
def held_out_faces(face: Picture, tmp_path: Path) -> Iterator[Path]:
    """A folder of one held-out face, light to heavy, as the training expects it."""
    for folder, side in {"hq": 256, "lq_light": 128, "lq_medium": 64, "lq_heavy": 32}.items():
        (tmp_path / folder).mkdir()
        suffix = "jpg" if folder == "hq" else "png"
        small = degradation._resized(face, side, degradation.cv2.INTER_AREA)
        Image.fromarray(small).save(tmp_path / folder / f"one.{suffix}", quality=98)
    yield tmp_path


def test_an_untrained_network_gains_nothing_on_held_out_faces(net: ResidualUNet, held_out_faces: Path) -> None:
    gains = held_out.HeldOut(held_out_faces, 1).gains(net)  # it begins as the identity
    assert [gains[severity] for severity in ("light", "medium", "heavy")] == [0.0, 0.0, 0.0]
    assert 1.0 > gains["light detail"] > gains["medium detail"] > gains["heavy detail"]
    assert gains["hq"] > 50


def same_tensors(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def test_a_larger_network_starts_as_the_smaller_one_it_is_given(tmp_path: Path) -> None:
    small, large = (
        ResidualUNet(UNetConfig(widths=(8, 8), encoder=1, middle=middle, decoder=1, picture=8)) for middle in (1, 3)
    )
    torch.nn.init.normal_(small.change.weight)
    save_file(small.state_dict(), tmp_path / "small.safetensors", {"samples": "1000"})
    fidelity.start_from(large, tmp_path / "small.safetensors")
    face = torch.rand(1, 3, 32, 32)
    assert torch.equal(small(face), large(face))
    assert fidelity.samples_of(tmp_path / "small.safetensors") == 1000


def test_a_file_of_another_network_is_not_started_from(tmp_path: Path, net: ResidualUNet) -> None:
    save_file({"mapping.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(SystemExit, match="no smaller version of this network"):
        fidelity.start_from(net, tmp_path / "other.safetensors")


def test_a_run_remembers_where_it_began(net: ResidualUNet, tmp_path: Path) -> None:
    progress = Progress(tmp_path, {"net": net})
    progress.samples = progress.begun = 1000
    progress.advance(8)
    progress.save()
    resumed = Progress(tmp_path, {"net": net})
    resumed.resume()
    assert (resumed.samples, resumed.begun) == (1008, 1000)
