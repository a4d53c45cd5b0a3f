"""The most memory a call has in use at any time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


def peak_bytes(run: Callable[[], Any], device: torch.device) -> tuple[int, int | None]:
    """Bytes that `run` allocates beyond what was allocated before, at most at one time; and bytes reserved in all.

    On a CPU, where torch reserves nothing (None), every allocation and release of torch's allocator is counted, also
    those inside of operations. What a library takes past torch, such as a GPU's context, is in neither.
    """
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        run()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before, torch.cuda.max_memory_reserved(device)
    profile: Any = torch.autograd.profiler.profile(profile_memory=True)
    with profile:
        result = run()  # held until the end, as a caller would
    del result
    events = profile.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    in_use = most = 0
    for _, change in changes:
        in_use += change
        most = max(most, in_use)
    return most, None
