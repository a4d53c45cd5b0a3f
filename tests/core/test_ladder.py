"""Running out of memory, injected wherever memory is allocated."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from networks import tiny_config, tiny_network
from torch.utils._python_dispatch import TorchDispatchMode

from gpen_core import GPENError, GPENModel
from gpen_core.ladder import Rung, descend, is_out_of_memory, rungs

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
CPU_TEXT = "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried ..."


class NoMemory(TorchDispatchMode):
    """Raises at operation number `fail_at`, or wherever a result has more than `limit` values.

    operations: the names of all that were called. Knows which of the tensors made are still there.
    """

    def __init__(self, fail_at: int = -1, limit: int = 2**40, error: type[BaseException] = MemoryError) -> None:
        super().__init__()
        self.fail_at, self.limit, self.error = fail_at, limit, error
        self.operations: list[str] = []
        self.made: list[weakref.ref[torch.Tensor]] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.operations.append(str(func))
        if len(self.operations) - 1 == self.fail_at:
            raise self.error
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            if result.numel() > self.limit:
                raise self.error
            self.made.append(weakref.ref(result))
        return result

    def sites(self) -> list[int]:
        """The first and the last call of each kind of operation."""
        last = {name: number for number, name in enumerate(self.operations)}
        first = {name: number for number, name in reversed(list(enumerate(self.operations)))}
        return sorted({*first.values(), *last.values()})

    def alive(self) -> int:
        return sum(made() is not None for made in self.made)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> GPENModel:
    """A model so small that even its strips are."""
    monkeypatch.setattr("gpen_core.network.gpen.SMALLEST_WHOLE", 8)
    return GPENModel(tiny_network(32), "tiny", CPU, "fp32")


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Memory must come back at once, not when Python looks for cycles."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def two_faces() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.rand(2, 32, 32, 3)


def test_from_all_at_once_down_to_strips_on_the_cpu() -> None:
    found = [(rung.device.type, rung.batch, rung.whole) for rung in rungs(GPU, 5, 512, (256, 128))]
    on_gpu = [("cuda", 5, 512), ("cuda", 2, 512), ("cuda", 1, 512), ("cuda", 1, 256), ("cuda", 1, 128)]
    assert found == [*on_gpu, ("cpu", 1, 512), ("cpu", 1, 256), ("cpu", 1, 128)]


def test_a_cpu_has_nowhere_to_go() -> None:
    assert {rung.device for rung in rungs(CPU, 4, 256, (128,))} == {CPU}


def test_rungs_are_named_by_what_they_do_otherwise() -> None:
    wanted = Rung(GPU, 4, 512)
    assert wanted.differences(wanted) == ()
    assert Rung(GPU, 2, 512).differences(wanted) == ("batch 2 instead of 4",)
    everything = ("batch 1 instead of 4", "strips of 128 rows", "cpu instead of cuda:0")
    assert Rung(CPU, 1, 256).differences(wanted) == everything


@pytest.mark.parametrize(
    "error",
    [
        torch.cuda.OutOfMemoryError("CUDA out of memory."),
        RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB, ...)"),
        RuntimeError(CPU_TEXT),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 33554432 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("std::bad_alloc"),
        MemoryError(),
    ],
)
def test_a_lack_of_memory_is_recognised(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA error: an illegal memory access was encountered"),
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        ValueError("out of memory"),
        GPENError("out of memory"),
    ],
)
def test_other_errors_are_not_taken_for_it(error: Exception) -> None:
    assert not is_out_of_memory(error)


def test_the_real_error_of_an_impossible_tensor_is_recognised() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50)
    assert is_out_of_memory(caught.value)


def test_what_does_not_fit_is_passed_over_but_the_last_on_each_device_is_tried() -> None:
    tried: list[Rung] = []

    def attempt(rung: Rung) -> str:
        tried.append(rung)
        if len(tried) == 1:
            raise MemoryError
        return "done"

    ladder = [Rung(CPU, 4, 512), Rung(CPU, 1, 512), Rung(torch.device("meta"), 1, 512)]
    assert descend(ladder, attempt, lambda rung: False) == ("done", ladder[2])
    assert tried == ladder[1:]


def test_cached_memory_is_given_back_after_each_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    released: list[torch.device] = []
    monkeypatch.setattr("gpen_core.ladder.release_cached", released.append)

    def attempt(rung: Rung) -> None:
        raise MemoryError

    ladder = [Rung(GPU, 2, 512), Rung(GPU, 1, 512), Rung(CPU, 1, 512)]
    with pytest.raises(GPENError, match="Out of memory, even"):
        descend(ladder, attempt, lambda rung: True)
    assert released == [GPU, GPU, CPU]


def test_a_lack_of_memory_at_any_operation_changes_nothing_but_the_report(model: GPENModel, no_collector: None) -> None:
    faces = two_faces()
    with NoMemory() as watch:
        expected = model.run(faces)
    assert expected.rungs == ()
    for number in watch.sites():
        with NoMemory(fail_at=number):
            restored = model.run(faces)
        assert restored.rungs == ("batch 1 instead of 2",), number
        torch.testing.assert_close(restored.faces, expected.faces, rtol=0, atol=1e-5)


def test_a_lack_of_memory_at_any_operation_in_strips_leads_to_smaller_ones(model: GPENModel) -> None:
    faces = two_faces()[:1]
    expected = model.run(faces)
    model.budget = model.activation_bytes(1, whole=16)
    with NoMemory() as watch:
        assert model.run(faces).rungs == ("strips of 8 rows",)
    for number in watch.sites():
        with NoMemory(fail_at=number):
            restored = model.run(faces)
        assert restored.rungs == ("strips of 4 rows",), number
        torch.testing.assert_close(restored.faces, expected.faces, rtol=0, atol=1e-5)


def test_nothing_of_a_failed_attempt_is_kept(
    model: GPENModel, no_collector: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = two_faces()
    with NoMemory() as watch:
        model.run(faces)
    kept: list[int] = []
    made: list[int] = []
    for number in watch.sites():
        failing = NoMemory(fail_at=number)

        def look(device: torch.device, failing: NoMemory = failing) -> None:
            made.append(len(failing.made))
            kept.append(failing.alive())

        monkeypatch.setattr("gpen_core.ladder.release_cached", look)
        with failing:
            model.run(faces)
    assert max(made) > 100
    assert max(kept) == 0


def test_nothing_but_the_result_is_kept_after_use(model: GPENModel, no_collector: None) -> None:
    faces = two_faces()
    with NoMemory() as watch:
        restored = model.run(faces)
    alive = [tensor for made in watch.made if (tensor := made()) is not None]
    assert {tensor.data_ptr() for tensor in alive} == {restored.faces.data_ptr()}


def test_a_small_device_is_served_in_strips(model: GPENModel) -> None:
    faces = two_faces()
    expected = model.run(faces)
    largest = tiny_config(32).channels(32) * 2 * 32 * 32  # values of the largest map of one face
    with NoMemory(limit=largest - 1):
        restored = model.run(faces)
    assert restored.rungs == ("batch 1 instead of 2", "strips of 8 rows")
    torch.testing.assert_close(restored.faces, expected.faces, rtol=0, atol=1e-5)


def test_no_memory_at_all_is_an_error_that_says_what_to_do(model: GPENModel) -> None:
    faces = two_faces()
    with NoMemory(limit=0), pytest.raises(GPENError, match="smaller network") as caught:
        model.run(faces)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert model.run(faces).rungs == ()  # and the model is as good as new


@pytest.mark.parametrize("device", [CPU, GPU])
@pytest.mark.parametrize("failing", range(12))
def test_each_rung_serves_where_all_above_it_have_failed(
    model: GPENModel, device: torch.device, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The GPU is pretended: its rungs run on the CPU."""
    torch.manual_seed(2)
    faces = torch.rand(4, 32, 32, 3)
    expected = model(faces)
    ladder = rungs(device, 4, 32, model.network.strip_sizes(32))
    tried: list[Rung] = []
    attempt = model._attempt  # pyright: ignore[reportPrivateUsage]

    def short(faces: torch.Tensor, rung: Rung) -> Any:
        tried.append(rung)
        if len(tried) <= failing:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return attempt(faces, Rung(CPU, rung.batch, rung.whole))

    monkeypatch.setattr(model, "device", device)
    monkeypatch.setattr(model, "_attempt", short)
    monkeypatch.setattr(model, "_fits", lambda rung, size: True)
    monkeypatch.setattr("gpen_core.model.release_cached", lambda device: None)
    monkeypatch.setattr("gpen_core.ladder.release_cached", lambda device: None)
    if failing >= len(ladder):
        with pytest.raises(GPENError, match="Out of memory, even face by face"):
            model.run(faces)
        assert tried == ladder
        return
    restored = model.run(faces)
    assert tried == ladder[: failing + 1]
    assert restored.rungs == ladder[failing].differences(ladder[0])
    torch.testing.assert_close(restored.faces, expected, rtol=0, atol=1e-5)


class Interrupted(BaseException):
    """As ComfyUI raises it."""


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, Interrupted])
def test_anything_else_is_raised_at_once(model: GPENModel, error: type[BaseException]) -> None:
    with NoMemory(fail_at=20, error=error) as failing, pytest.raises(error):
        model.run(two_faces())
    assert len(failing.operations) == 21


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_full_gpu_leads_to_the_cpu(precision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The GPU is pretended: it has no room for the weights. The CPU computes in float32."""
    net = tiny_network(32)
    move = net.to

    def full(device: torch.device) -> torch.nn.Module:
        if device.type != "cpu":
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return move(device)

    monkeypatch.setattr(net, "to", full)
    released: list[torch.device] = []
    for name in ("gpen_core.model.release_cached", "gpen_core.ladder.release_cached"):
        monkeypatch.setattr(name, released.append)
    monkeypatch.setattr("gpen_core.model.free_memory", lambda device: None)
    restored = GPENModel(net, "tiny", GPU, precision).run(two_faces())
    assert restored.rungs == ("batch 1 instead of 2", "cpu instead of cuda:0")
    assert restored.faces.device == CPU
    assert set(released) == {GPU}
    exact = GPENModel(tiny_network(32), "tiny", CPU, "fp32")(two_faces())
    torch.testing.assert_close(restored.faces, exact, rtol=0, atol=1e-5 if precision == "fp32" else 5e-3)
