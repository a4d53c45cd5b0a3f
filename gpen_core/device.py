"""Free memory of a device, as far as it is told, and giving back what torch keeps for later."""

from __future__ import annotations

from pathlib import Path

import torch

_MEMINFO = Path("/proc/meminfo")  # Linux


def free_memory(device: torch.device) -> int | None:
    """Bytes that new tensors can have on `device` without taking them from others; None where nobody says."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    if device.type == "mps":
        limit = getattr(torch.mps, "recommended_max_memory", None)  # not in every torch
        return None if limit is None else max(limit() - torch.mps.current_allocated_memory(), 0)
    try:
        lines = _MEMINFO.read_text().splitlines()
    except OSError:
        return None
    kilobytes = [int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")]
    return 1024 * kilobytes[0] if kilobytes else None


def release_cached(device: torch.device) -> None:
    """Give back to the system what torch has reserved on `device` and does not use."""
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
