"""GPEN Advisor, against the command line: the same advice on the same picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from pack_loader import PACK
from PIL import Image
from skimage import data

from gpen_core.cli import main


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of 600 x 300 px: the same face twice, at the left as it is and at the right blurred and smaller."""
    face = data.astronaut()[:300, 60:360].astype(np.float32)
    small = cv2.resize(cv2.GaussianBlur(face, (0, 0), 4.0), (220, 220), interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 40, 40, 40, 40, cv2.BORDER_REPLICATE)
    path = tmp_path_factory.mktemp("advisor") / "two.png"
    Image.fromarray((np.concatenate([face, small], axis=1) + 0.5).astype(np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def image(picture: Path) -> torch.Tensor:
    return torch.from_numpy(np.asarray(Image.open(picture)).astype(np.float32) / 255.0)[None]


def gpen(*words: object) -> None:
    assert main([str(word) for word in words]) == 0


def test_the_numbers_are_those_of_gpen_advise(nodes: Any, picture: Path, image: torch.Tensor, tmp_path: Path) -> None:
    gpen("advise", picture, "--device", "cpu", "--json", tmp_path / "advice.json")
    entry = json.loads((tmp_path / "advice.json").read_text())[0]
    assert entry.pop("input") == str(picture)
    (numbers,) = json.loads(nodes.run("GPENAdvisor", image=image).args[8])
    assert numbers == entry
    assert [face["degradation"] > 0 for face in numbers["measures"]["faces"]] == [True, True]


@pytest.mark.parametrize(
    ("options", "widgets"),
    [
        ([], {}),
        (["--faces", "0"], {"indices": "0"}),
        (["--faces", "1"], {"indices": "1"}),
        (["--min-size", "140"], {"min_size": 140}),
        (["--faces", "left", "--scope", "both"], {"max_faces": 1, "order": "left_to_right", "scope": "both"}),
    ],
)
def test_connected_settings_do_what_auto_does(
    nodes: Any, picture: Path, image: torch.Tensor, tmp_path: Path, options: list[str], widgets: dict[str, Any]
) -> None:
    gpen("restore", picture, "-o", tmp_path / "out.png", "--auto", "--device", "cpu", *options)
    expected = np.asarray(Image.open(tmp_path / "out.png"))
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    settings = nodes.run("GPENAdvisor", image=image).args[0]
    result = nodes.run("GPENEnhance", model=model, image=image, settings=settings, strength=5, **widgets).args[0][0]
    assert np.abs(result.numpy() * 255.0 - expected).max() < 0.501  # but for rounding


def test_each_choice_of_faces_has_its_own_settings(nodes: Any, image: torch.Tensor, shown: Any) -> None:
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    settings = nodes.run("GPENAdvisor", image=image).args[0]
    strengths = []
    for number in ("0", "1"):
        report = nodes.run("GPENEnhance", model=model, image=image, settings=settings, indices=number).args[3]
        (line,) = [line for line in report.splitlines() if f"face {number}:" in line]
        strengths.append(line.rsplit("strength ", 1)[1] if "strength" in line else "left alone")
    assert len(set(strengths)) == 2


def test_the_picture_of_the_advisor_workflow_is_worth_restoring(nodes):
    picture = nodes.run("GPENExamplePicture", picture="portrait").args[0]
    (advice,) = nodes.run("GPENAdvisor", image=picture).args[0]
    assert advice.advice.settings.strength > 0


def test_without_a_face_that_comes_first(nodes: Any, shown: Any) -> None:
    report = nodes.run("GPENAdvisor", image=torch.full((1, 96, 128, 3), 0.4)).args[7]
    assert report.splitlines()[0] == shown().splitlines()[0] == "No face was found: there is nothing to restore."
    assert len(report.splitlines()) > 1


def test_reports_and_chart_are_in_the_language_asked_for(nodes: Any, image: torch.Tensor) -> None:
    english, chinese = (nodes.run("GPENAdvisor", image=image, language=each).args for each in ("en", "zh"))
    assert nodes.run("GPENAdvisor", image=image).args[7] == english[7]
    assert chinese[7].splitlines()[0].startswith("强度 ") and english[7].splitlines()[0].startswith("strength ")
    assert chinese[8] == english[8]  # numbers are for programs
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    result = nodes.run("GPENEnhance", model=model, image=image, settings=chinese[0], language="zh")
    assert "由 GPEN 顾问设定：" in result.args[3] and not set("abcdefghijklmno") & set(result.args[3].splitlines()[2])
    crops = nodes.run("GPENFaceCrop", image=image, language="zh").args[4]
    assert crops.splitlines()[0] == "2 张人脸中 2 张已裁出"


def test_without_a_font_the_chart_stays_english_and_the_node_says_so(
    nodes: Any, image: torch.Tensor, shown: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = nodes.run("GPENAdvisor", image=image).args[9]
    assert "font" not in shown()
    pen = sys.modules[f"{PACK}.gpen_core.quality.pen"]
    monkeypatch.setattr(pen, "_wide_font", lambda: None)
    assert torch.equal(nodes.run("GPENAdvisor", image=image, language="zh").args[9], english)
    assert "no font for the language" in shown()


def test_what_the_sliders_would_have_to_show(nodes: Any, image: torch.Tensor) -> None:
    model = nodes.run("GPENLoadModel", device="cpu").args[0]
    settings = nodes.run("GPENAdvisor", image=image).args[0]
    advised = nodes.run("GPENEnhance", model=model, image=image, settings=settings)
    values = json.loads(advised.ui["gpen_settings"][0])
    by_hand = nodes.run("GPENEnhance", model=model, image=image, **values)
    assert torch.equal(by_hand.args[0], advised.args[0])
    assert "gpen_settings" not in by_hand.ui
