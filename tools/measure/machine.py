"""What a measurement was made on, for its report."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

_CPU_FACTS = Path("/proc/cpuinfo")  # Linux alone
_BF16_FLAGS = {"avx512_bf16", "amx_bf16"}  # elsewhere bf16 is emulated, and no faster than float32


def describe_machine(device: torch.device) -> str:
    """Processor or card, the instructions that matter, and torch's version."""
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, torch {torch.__version__}"
    facts = _cpu_facts()
    name = facts.get("model name") or platform.processor() or platform.machine()
    features = [torch.backends.cpu.get_cpu_capability(), *sorted(_BF16_FLAGS & set(facts.get("flags", "").split()))]
    return f"{name} ({', '.join(features)}), torch {torch.__version__}"


def _cpu_facts() -> dict[str, str]:
    """The first core's lines of /proc/cpuinfo."""
    if not _CPU_FACTS.exists():
        return {}
    lines = _CPU_FACTS.read_text().partition("\n\n")[0].splitlines()
    pairs = (line.partition(":") for line in lines)
    return {key.strip(): value.strip() for key, _, value in pairs}
