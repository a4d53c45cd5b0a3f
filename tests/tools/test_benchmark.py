"""The measuring of memory, and the table of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import benchmark
import pytest
import torch
from peak_memory import peak_bytes
from random_networks import config_of


def test_the_peak_is_that_of_all_tensors_at_one_time() -> None:
    def run() -> torch.Tensor:
        first = torch.zeros(1000)
        second = first + 1  # 8000 bytes now
        del first
        return torch.cat((second, second))  # and 12000 here

    assert peak_bytes(run, torch.device("cpu")) == (12000, None)


def test_the_pruned_variant_has_about_the_parameters_pruning_leaves() -> None:
    full, pruned = (sum(config_of(512, variant).widths) for variant in ("full", "pruned"))
    assert pruned / full == pytest.approx(0.6**0.5, abs=0.02)


def test_the_table_agrees_with_the_model_of_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "memory.json"
    options = ["memory", "--sizes", "256", "--variants", "full", "--precisions", "fp32", "--batches", "1"]
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *options, "--threads", "1", "--json", str(path)])
    threads = torch.get_num_threads()
    try:
        benchmark.main()
    finally:
        torch.set_num_threads(threads)
    whole, strips = json.loads(path.read_text())
    assert (whole["strips"], strips["strips"]) == (0, 64)
    assert strips["peak"] < whole["peak"]
    for use in (whole, strips):
        assert use["peak"] == pytest.approx(use["expected"], rel=0.1)
    assert "| 256 | full | fp32 | 1 | 64 rows |" in capsys.readouterr().out
