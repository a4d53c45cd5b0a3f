"""The demo, from end to end with what comes with the project."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import demo
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def test_the_demo_improves_the_portrait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo.py", "--output", str(tmp_path)])
    demo.main()
    printed = capsys.readouterr().out
    before, after = (
        tuple(float(number) for number in pair) for pair in re.findall(r"PSNR +([\d.]+) dB, SSIM ([\d.]+)", printed)
    )
    assert after > before  # PSNR
    assert after[1] > before[1]  # SSIM
    assert "face-unet" in printed
    assert Image.open(tmp_path / "before_after.png").width > 300


def test_the_demo_measures_as_scikit_image_does() -> None:
    original = np.asarray(Image.open(demo.PORTRAIT))
    worn = demo.degrade(original)
    psnr = peak_signal_noise_ratio(original, worn)
    expected = structural_similarity(original, worn, channel_axis=2)
    assert demo.ssim(original, worn) == pytest.approx(expected, abs=1e-9)
    assert demo.compare(original, worn) == f"PSNR {psnr:5.2f} dB, SSIM {expected:.3f}"
