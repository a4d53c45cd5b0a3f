"""Which device and which precision a network runs in, and how much memory is free there."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from .errors import GPENError
from .host_memory import free_host_memory

Precision = Literal["auto", "fp32", "fp16", "bf16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}

LEFT_FREE = 256 * 2**20  # bytes, for the workspaces of convolutions and for others


def free_memory(device: torch.device) -> int | None:
    """Bytes that new tensors can have on `device` without taking them from others; None where nobody says.

    On a CPU within the limits of the container and of the process, see `host_memory`.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        limit = getattr(torch.mps, "recommended_max_memory", None)  # not in every torch
        return None if limit is None else max(limit() - torch.mps.current_allocated_memory(), 0)
    return free_host_memory()


def release_cached(device: torch.device) -> None:
    """Give back to the system what torch has reserved on `device` and does not use."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def choose_device(device: str | torch.device) -> torch.device:
    """The device for "auto", "cpu", "cuda", "cuda:1", "mps". Raises GPENError when it is not there."""
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError as error:
        raise GPENError(f"Unknown device '{device}'.\nUse auto, cpu, cuda, cuda:0, cuda:1 .. or mps.") from error
    if chosen.type not in ("cpu", "cuda", "mps"):
        return _other_device(chosen)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if chosen.type == "cuda" and (chosen.index or 0) >= count:
        raise GPENError(f"Device '{device}' is not available: torch sees {count} CUDA GPU(s).\nUse auto or cpu.")
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise GPENError("Device 'mps' is not available on this machine.\nUse auto or cpu.")
    if str(chosen) == "cuda":  # without a number; "cuda" and "auto" share one model
        return torch.device("cuda", torch.cuda.current_device())
    return chosen


def _other_device(device: torch.device) -> torch.device:
    """A device of a kind that is not tested here (Intel's xpu, DirectML), if torch can use it. Raises GPENError."""
    try:
        torch.zeros(1, device=device).item()  # "meta" has tensors without values
    except (RuntimeError, NotImplementedError, AssertionError) as error:
        raise GPENError(
            f"Device '{device}' cannot be used by this torch.\nUse auto, cpu, cuda, cuda:0, cuda:1 .. or mps.\n"
            f"Cause: {error}"
        ) from error
    return device


def choose_precision(precision: str, device: torch.device) -> str:
    """ "auto" becomes fp16 on CUDA GPUs that are fast in it, fp32 elsewhere.

    On a CPU fp32 gives the same result everywhere; bf16 is faster on processors with AVX512-BF16 or AMX.
    """
    if precision not in PRECISIONS:
        raise GPENError(f"Unknown precision '{precision}'.\nUse one of: {', '.join(PRECISIONS)}.")
    if precision != "auto":
        return precision
    if device.type != "cuda":
        return "fp32"
    properties = torch.cuda.get_device_properties(device)
    slow_half = properties.major < 7 or "GTX 16" in properties.name  # Pascal; Turing without tensor cores
    return "fp32" if slow_half else "fp16"
