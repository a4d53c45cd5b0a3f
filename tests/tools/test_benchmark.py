"""The measuring of memory and speed, their tables and figure."""

from __future__ import annotations

import sys
from pathlib import Path

import benchmark
import numpy as np
import pytest
import torch
from benchmark_figure import draw_figure
from benchmark_memory import MemoryUse
from benchmark_results import Results, read_results
from benchmark_speed import Speed, run_rounds, speed_table
from contestants import BASELINES, Contestant, check_equal, contestants
from line_chart import PANEL_HEIGHT, PANEL_WIDTH, Line, Panel, draw_panel
from networks import tiny_config
from onnx_contestant import onnx_installed
from peak_memory import peak_bytes
from random_networks import config_of

from gpen_core.pruning.pruner import DEFAULT_RATIO


def test_the_peak_is_that_of_all_tensors_at_one_time() -> None:
    def run() -> torch.Tensor:
        first = torch.zeros(1000)
        second = first + 1  # 8000 bytes now
        del first
        return torch.cat((second, second))  # and 12000 here

    assert peak_bytes(run, torch.device("cpu")) == (12000, None)


def test_the_pruned_variant_has_about_the_parameters_pruning_leaves() -> None:
    full, pruned = (sum(config_of(512, variant).widths) for variant in ("full", "pruned"))
    assert pruned / full == pytest.approx((1.0 - DEFAULT_RATIO) ** 0.5, abs=0.02)


def test_the_table_agrees_with_the_model_of_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    path = tmp_path / "memory.json"
    options = ["memory", "--sizes", "256", "--variants", "full", "--precisions", "fp32", "--batches", "1"]
    monkeypatch.setattr(sys, "argv", ["benchmark.py", *options, "--json", str(path)])
    benchmark.main()
    whole, strips = read_results([path]).memory
    assert (whole.strips, strips.strips) == (0, 64)
    assert strips.peak < whole.peak
    for use in (whole, strips):
        assert use.peak == pytest.approx(use.expected, rel=0.1)
    assert "| 256 | full | fp32 | 1 | 64 rows |" in capsys.readouterr().out


@pytest.mark.parametrize("batch", [1, 2])
def test_all_contestants_give_the_same_picture(batch: int) -> None:
    with torch.inference_mode():
        competing = contestants(tiny_config(64), batch, torch.device("cpu"), threads=1)
        check_equal(competing)
    expected = list(BASELINES) if onnx_installed() else [BASELINES[0], BASELINES[3]]
    assert [contestant.name for contestant in competing] == [*expected, "gpen fp32", "gpen bf16"]


def test_another_picture_ends_the_comparison() -> None:
    picture = torch.linspace(-1.0, 1.0, 48).view(1, 3, 4, 4)
    wrong = Contestant("wrong", lambda: picture * 1.1, tolerance=1e-3)
    with pytest.raises(ValueError, match=r"wrong gives another picture than plain: .* 0\.05 of the range"):
        check_equal([Contestant("plain", lambda: picture, 0.0), wrong])


def test_a_picture_that_is_not_finite_ends_the_comparison() -> None:
    broken = Contestant("broken", lambda: torch.full((2,), torch.nan), tolerance=1e-3)
    with pytest.raises(ValueError, match="broken"):
        check_equal([Contestant("plain", lambda: torch.tensor([0.0, 1.0]), 0.0), broken])


def test_without_onnxruntime_it_is_left_out_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr("contestants.onnx_installed", lambda: False)
    names = [contestant.name for contestant in contestants(tiny_config(), 1, torch.device("cpu"), threads=1)]
    assert names == ["plain (a)", "autocast (c)", "gpen fp32", "gpen bf16"]
    assert "pip install" in capsys.readouterr().err


def test_contestants_take_turns() -> None:
    turns: list[str] = []

    def contestant(name: str) -> Contestant:
        def run() -> torch.Tensor:
            turns.append(name)
            return torch.zeros(1)

        return Contestant(name, run, 0.0)

    times = run_rounds([contestant("a"), contestant("b")], 2, torch.device("cpu"))
    assert turns == ["a", "b", "a", "b"]
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 2, "b": 2}


def test_ratios_are_taken_round_by_round() -> None:
    """A machine at half its speed in the second round changes none of them."""
    measured = [Speed("plain (a)", 512, 1, 2, (4.0, 8.0)), Speed("gpen fp32", 512, 1, 2, (2.0, 4.0))]
    assert "| 512 | 1 | 2 | gpen fp32 | 3 | 2.00 (2.00–2.00) | - | - | - |" in speed_table(measured)


def test_results_of_several_files_are_put_together(tmp_path: Path) -> None:
    for number, size in enumerate((512, 256)):
        Results(["machine"], [Speed("plain (a)", size, 1, 2, (1.0,))]).write(tmp_path / f"{number}.json")
    joined = read_results([tmp_path / "0.json", tmp_path / "1.json"])
    assert joined == Results(["machine"], [Speed("plain (a)", size, 1, 2, (1.0,)) for size in (256, 512)])


def test_the_figure_shows_what_was_measured() -> None:
    speed = [Speed("gpen fp32", size, 1, 2, (size / 512,)) for size in (256, 512)]
    memory = [MemoryUse(512, "full", "fp32", batch, 0, 1, batch * 10**8, None, 1) for batch in (1, 4)]
    assert draw_figure(Results(speed=speed)).size == (2 * PANEL_WIDTH, PANEL_HEIGHT)
    assert draw_figure(Results(speed=speed, memory=memory)).size == (2 * PANEL_WIDTH, 2 * PANEL_HEIGHT)
    with pytest.raises(ValueError, match="nothing to draw"):
        draw_figure(Results())


def test_lines_rise_with_their_values() -> None:
    panel = draw_panel(Panel("Time, s", "px", [Line("slow", [(256, 1.0), (512, 100.0)])]))
    pixels = np.asarray(panel).astype(int)
    rows, columns = np.nonzero(pixels[..., 2] - pixels[..., 0] > 100)  # the first colour is blue
    left, right = rows[columns < 150], rows[(columns > 540) & (columns < 585)]
    assert left.min() > right.max()
