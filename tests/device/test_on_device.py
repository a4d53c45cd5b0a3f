"""What must hold on any device, and what only a GPU can show. On the CPU as it is; with GPEN_TEST_DEVICE=cuda on a GPU.

`make gpu` runs these there, among other things.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from faces import FixedDetector, made_up_face, noise_picture
from networks import golden_case
from peak_memory import peak_bytes
from random_networks import CONFIGS, random_generator

from gpen_core import GPENModel, RestoreSettings, load_generator, load_model, restore
from gpen_core.image import read_picture
from gpen_core.network import GPENNetwork

DEVICE = torch.device(os.environ.get("GPEN_TEST_DEVICE", "cpu"))
ON_GPU = DEVICE.type == "cuda"
_ASTRONAUT = Path(__file__).resolve().parents[1] / "assets" / "astronaut.png"
needs_gpu = pytest.mark.skipif(not ON_GPU, reason="needs a CUDA GPU: make gpu")
_HALF = {"fp16": 0.01, "bf16": 0.05}  # largest difference of a value from float32


def new_model(precision: str = "fp32", size: int = 256) -> GPENModel:
    return GPENModel(GPENNetwork(random_generator(CONFIGS[size])), "random", DEVICE, precision)


def some_faces(count: int, size: int = 256) -> torch.Tensor:
    return torch.rand(count, size, size, 3, generator=torch.Generator().manual_seed(count))


@pytest.fixture(scope="module")
def model() -> GPENModel:
    return new_model()


@pytest.fixture
def exact() -> Iterator[None]:
    """Convolutions in full float32, which GPUs round to 10 bits (TF32) otherwise."""
    with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
        yield


@pytest.mark.parametrize("name", ["gpen_64_cm2_narrow0.125", "gpen_64_noconcat"])
def test_float32_equals_the_original(name: str, exact: None) -> None:
    weights, face, expected = golden_case(name)
    generator = load_generator(weights).to(DEVICE)
    with torch.no_grad():
        found = generator(face.to(DEVICE)).cpu().double().numpy()
    assert abs(found - expected).max() / abs(expected).max() < 1e-4


def test_float32_equals_the_cpu(model: GPENModel, exact: None) -> None:
    faces = some_faces(1)
    on_cpu = GPENModel(GPENNetwork(random_generator(CONFIGS[256])), "random", torch.device("cpu"), "fp32")
    torch.testing.assert_close(model(faces).cpu(), on_cpu(faces), rtol=0, atol=1e-3)


@pytest.mark.parametrize("precision", _HALF)
def test_half_precision_stays_close(model: GPENModel, precision: str) -> None:
    faces = some_faces(1)
    assert float((new_model(precision)(faces) - model(faces)).abs().mean()) < _HALF[precision]


def test_strips_give_what_the_whole_gives(exact: None) -> None:
    model, faces, rows = new_model(), some_faces(1), 64
    whole = model.run(faces)
    model.budget = model.activation_bytes(1, whole=2 * rows)
    in_strips = model.run(faces)
    assert in_strips.rungs == (f"strips of {rows} rows",)
    torch.testing.assert_close(in_strips.faces, whole.faces, rtol=0, atol=1e-3)


def test_a_batch_gives_what_single_faces_give(model: GPENModel, exact: None) -> None:
    faces = some_faces(3)
    alone = torch.cat([model(face[None]) for face in faces])
    torch.testing.assert_close(model(faces), alone, rtol=0, atol=1e-3 if ON_GPU else 1e-5)


def test_two_threads_share_a_model(model: GPENModel) -> None:
    faces = [some_faces(1), some_faces(2)]
    expected = [model(each) for each in faces]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(model, faces * 2))
    for number, each in enumerate(found):
        torch.testing.assert_close(each, expected[number % 2], rtol=0, atol=1e-5)


def test_the_peak_is_foreseen() -> None:
    model, faces = new_model(), some_faces(1).to(DEVICE)
    model(faces)
    peak, _ = peak_bytes(lambda: model.run(faces), DEVICE)
    assert peak <= 1.1 * model.activation_bytes(1) + (64 << 20) * ON_GPU  # workspaces of cuDNN


def test_a_picture_comes_out_as_on_the_cpu(exact: None) -> None:
    picture = read_picture(_ASTRONAUT).pixels[:256, 100:356]
    settings = RestoreSettings(strength=100)
    found = restore(picture, load_model(device=str(DEVICE), precision="fp32"), settings)
    expected = restore(picture, load_model(device="cpu", precision="fp32"), settings)
    assert expected.report.pictures[0].faces[0].skipped is None
    assert torch.equal(found.mask, expected.mask)
    torch.testing.assert_close(found.image, expected.image, rtol=0, atol=2e-3)


@needs_gpu
def test_memory_is_given_back() -> None:
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated(DEVICE), torch.cuda.memory_reserved(DEVICE)
    model = new_model("fp16")
    restore(noise_picture(300, 300), model, detector=FixedDetector(made_up_face(150, 150, size=120)))
    model.release()
    held = torch.cuda.memory_allocated(DEVICE) - before[0]
    assert held <= 1.1 * model.weight_bytes + (32 << 20)
    assert torch.cuda.memory_reserved(DEVICE) - before[1] <= held + (64 << 20)
    del model
    torch.cuda.empty_cache()
    assert torch.cuda.memory_allocated(DEVICE) <= before[0] + (32 << 20)


@needs_gpu
@pytest.mark.parametrize("room", [0.6, 0.3, 0.02])
def test_real_lack_of_memory_walks_down_the_ladder(room: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a share of the memory that a batch of 4 takes, and no estimate that would foresee it."""
    model, faces = new_model("fp16", 512), some_faces(4, 512)
    expected = model(faces).cpu()
    monkeypatch.setattr(model, "_fits", lambda rung, size: True)
    total = torch.cuda.get_device_properties(DEVICE).total_memory
    model.release()
    limit = torch.cuda.memory_reserved(DEVICE) + room * model.activation_bytes(4)
    torch.cuda.set_per_process_memory_fraction(min(limit / total, 1.0), DEVICE)
    try:
        restored = model.run(faces)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, DEVICE)
    assert restored.rungs
    assert float((restored.faces.cpu() - expected).abs().mean()) < _HALF["fp16"]
    assert model.run(faces).rungs == ()  # and there is room again
