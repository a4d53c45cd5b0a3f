"""A result depends on the picture and the settings alone: not on its place, its company, or what ran before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest
import torch
from faces import made_up_face, noise_picture
from networks import tiny_network
from torch import Tensor

from gpen_core import GPENModel, RestoreReport, RestoreSettings, restore
from gpen_core.faces import Face

_SHAPE = (150, 210)
# One picture with two faces, one with one, one with none.
_FACES: list[list[Face]] = [
    [made_up_face(60, 70, size=50), made_up_face(150, 80, size=40)],
    [made_up_face(110, 70)],
    [],
]
_PICTURES = torch.stack([torch.from_numpy(noise_picture(*_SHAPE, seed)) for seed in range(3)])
_SETTINGS = RestoreSettings(scope="both", strength=90, background_strength=80, tile_size=96, overlap=16)


def new_model() -> GPENModel:
    return GPENModel(tiny_network(64), "tiny", torch.device("cpu"), "fp32")


@pytest.fixture(scope="module")
def alone() -> list[Tensor]:
    """Each picture on its own, by a model that has done nothing else."""
    return [
        restore(picture, new_model(), _SETTINGS, faces=[faces]).image
        for picture, faces in zip(_PICTURES, _FACES, strict=True)
    ]


def run(order: tuple[int, ...], model: GPENModel, batch_size: int = 0) -> tuple[Tensor, RestoreReport]:
    done = restore(
        _PICTURES[list(order)],
        model,
        replace(_SETTINGS, batch_size=batch_size),
        faces=[_FACES[number] for number in order],
    )
    return done.image, done.report


def orders() -> Iterator[tuple[int, ...]]:
    yield from permutations(range(3))
    yield from [(0, 0, 0), (2, 1), (1, 1, 2, 0, 0)]


@pytest.mark.parametrize("order", list(orders()))
@pytest.mark.parametrize("batch_size", [1, 2, 5])
def test_order_and_company_change_nothing(order: tuple[int, ...], batch_size: int, alone: list[Tensor]) -> None:
    together, report = run(order, new_model(), batch_size)
    for place, number in enumerate(order):
        torch.testing.assert_close(together[place], alone[number], rtol=0, atol=1e-5)
        assert len(report.pictures[place].faces) == len(_FACES[number])


def test_what_ran_before_changes_nothing(alone: list[Tensor]) -> None:
    model = new_model()
    for size, settings in (
        (90, RestoreSettings(mode="strong")),
        (200, RestoreSettings(scope="picture", tile_size=64, overlap=16)),
    ):
        restore(noise_picture(size, size + 9, seed=9), model, settings, faces=[[made_up_face(45, 45, size=40)]])
    torch.manual_seed(123)
    for number in (2, 0, 1, 0):
        again = restore(_PICTURES[number], model, _SETTINGS, faces=[_FACES[number]]).image
        assert torch.equal(again, alone[number])


def test_a_run_that_failed_changes_nothing(alone: list[Tensor], monkeypatch: pytest.MonkeyPatch) -> None:
    model = new_model()

    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(_PICTURES[0], model, _SETTINGS, faces=[_FACES[0]], progress=stop)
    for number in range(3):
        assert torch.equal(restore(_PICTURES[number], model, _SETTINGS, faces=[_FACES[number]]).image, alone[number])
