"""The report as a page: opened in headless Chromium, with file names that nobody should trust."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from faces import FixedDetector, made_up_face, noise_picture
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save_file

from gpen_core import GPENError
from gpen_core.archive import Totals
from gpen_core.archive.page import write_page
from gpen_core.archive.thumbnails import thumbnail
from gpen_core.cli import main

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "chrome")
_HOSTILE = '</script><script>window.hit=1</script><img src=x onerror="window.hit=1">&amp;\u2028.jpg'


def picture_file(path: Path, seed: int = 0, height: int = 60, width: int = 90) -> Path:
    Image.fromarray((noise_picture(height, width, seed) * 255).astype(np.uint8)).save(path)
    return path


def entry(before: Path, after: Path, **changes: Any) -> dict[str, Any]:
    """Of a picture with one face that was restored."""
    face = {"index": 0, "score": 0.95, "skipped": None, "note": None}
    picture = {"width": 90, "height": 60, "faces": [face], "searched": True}
    return {
        "input": str(before),
        "output": str(after),
        "seconds": 0.4,
        "warnings": [],
        "pictures": [picture],
        **changes,
    }


@pytest.fixture
def entries(tmp_path: Path) -> list[dict[str, Any]]:
    """Nine that went well, then one of each kind that deserves a look."""
    before, after = picture_file(tmp_path / "before.png", 1), picture_file(tmp_path / "after.png", 2)
    found = [entry(before, after, seconds=number / 10) for number in range(9)]
    nobody = {"width": 90, "height": 60, "faces": [], "searched": True}
    unsure = {**nobody, "faces": [{"index": 0, "score": 0.51, "skipped": "below score", "note": None}]}
    return [
        *found,
        {"input": _HOSTILE, "error": f"{_HOSTILE} is empty (0 bytes).\nCopy it again."},
        entry(before, after, pictures=[nobody]),
        entry(before, after, warnings=["strength 90 is above 80"]),
        entry(before, after, pictures=[unsure]),
        entry(before, tmp_path / "gone.png"),
    ]


@pytest.fixture
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = next(filter(None, map(shutil.which, _CHROMIUM)), None)
    if chromium is None:
        pytest.skip("there is no Chromium")
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def opened(browser: Any, path: Path) -> tuple[Any, list[str]]:
    """The page, and what went wrong in it."""
    problems: list[str] = []
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith("data:") else None)
    page.goto(path.as_uri())
    return page, [problem for problem in problems if problem != path.as_uri()]


def test_filters_order_and_search(browser: Any, entries: list[dict[str, Any]], tmp_path: Path) -> None:
    assert write_page(tmp_path / "page.html", entries, Totals(pictures=14)) == 14
    page, problems = opened(browser, tmp_path / "page.html")
    assert "14 pictures: 13 written, 1 failed, 0 left" in page.locator("#totals").inner_text()
    buttons = dict(re.findall(r"(.+) (\d+)$", text)[0] for text in page.locator("button").all_inner_texts())
    assert buttons == {"All": "14", "Failed": "1", "No face": "1", "Warnings": "1", "Low confidence (below 0.7)": "1"}
    for kind, text in (
        ("failed", "is empty (0 bytes)"),
        ("empty", "no face found"),
        ("warned", "strength 90 is above 80"),
        ("low", "lowest score 0.51"),
    ):
        page.click(f"button[data-kind={kind}]")
        assert page.locator("article").count() == 1
        assert text in page.locator("article").inner_text()
    page.click("button[data-kind=all]")
    page.select_option("select", "slowest")
    assert "0.80 s" in page.locator("article").first.inner_text()
    page.fill("input[type=search]", "no such file")
    assert page.locator("article").count() == 0 and page.locator("#nothing").is_visible()
    assert page.locator("#chart rect").count() == 13
    assert problems == [] and page.evaluate("window.hit") is None


def test_the_slider_moves_the_border(browser: Any, entries: list[dict[str, Any]], tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", entries, Totals())
    page, problems = opened(browser, tmp_path / "page.html")
    view = page.locator("article .view").first
    box = view.bounding_box()
    for share in (0.2, 0.8):
        page.mouse.move(box["x"] + share * box["width"], box["y"] + 50)
        at = float(view.evaluate("each => each.style.getPropertyValue('--at')").removesuffix("%"))
        assert at == pytest.approx(100 * share, abs=2)
    assert page.locator("article img").first.evaluate("each => each.decode().then(() => each.naturalWidth)") == 90
    assert problems == []


def test_ten_thousand_entries(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = picture_file(tmp_path / "a.png", 1), picture_file(tmp_path / "b.png", 2)
    small = {path: thumbnail(path, 128) for path in (before, after)}
    monkeypatch.setattr("gpen_core.archive.page.thumbnail", lambda path, side: small[path] if side == 128 else None)
    failed = [{"input": f"late {number}", "error": "it failed"} for number in range(3)]
    many = ([entry(before, after) for _ in range(10_050)] + failed).__iter__()
    assert write_page(tmp_path / "page.html", many, Totals(pictures=10_053)) == 10_000
    assert (tmp_path / "page.html").stat().st_size < 100e6
    page, problems = opened(browser, tmp_path / "page.html")
    assert "10000 pictures are shown, 53 that need no look are left out" in page.locator("#totals").inner_text()
    assert page.locator("article").count() < 40
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_selector("text=late 2")
    assert page.locator("article").count() < 40
    page.click("button[data-kind=failed]")
    assert page.locator("article").count() == 3
    assert problems == []


def test_thumbnails_are_small_upright_and_never_enlarged(tmp_path: Path) -> None:
    import base64
    import io

    def size(text: str | None) -> tuple[int, int]:
        assert text is not None
        return Image.open(io.BytesIO(base64.b64decode(text))).size

    large, small = picture_file(tmp_path / "l.png", 0, 300, 600), picture_file(tmp_path / "s.png")
    assert size(thumbnail(large, 128)) == (128, 64)
    assert size(thumbnail(small, 128)) == (90, 60)
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    Image.open(large).save(tmp_path / "turned.jpg", exif=exif)
    assert size(thumbnail(tmp_path / "turned.jpg", 128)) == (64, 128)
    assert thumbnail(tmp_path / "gone.png", 128) is None
    (tmp_path / "broken.png").write_bytes(b"\x89PNG")
    assert thumbnail(tmp_path / "broken.png", 128) is None


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(GPENError, match="cannot be written"):
        write_page(tmp_path / "file" / "page.html", [], Totals())


def test_the_command_line_writes_it_of_a_run_and_of_journals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    detector = FixedDetector(made_up_face(40, 40, size=30))
    monkeypatch.setattr("gpen_core.archive.worker.make_detector", lambda name, device: detector)
    save_file(tiny_generator().state_dict(), tmp_path / "tiny.safetensors")
    (tmp_path / "in").mkdir()
    picture_file(tmp_path / "in" / "a.png")
    (tmp_path / "in" / "b.png").write_bytes(b"")
    words = ["restore", str(tmp_path / "in"), "--model", str(tmp_path / "tiny.safetensors")]
    pages = [tmp_path / name for name in ("plain.html", "resumed.html", "merged.html")]
    assert main([*words, "-o", str(tmp_path / "plain"), "--html", str(pages[0])]) == 1
    assert main([*words, "-o", str(tmp_path / "out"), "--resume", "--html", str(pages[1])]) == 1
    assert main(["report", "html", str(tmp_path / "out"), "-o", str(pages[2])]) == 0
    for page in pages:
        found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"))
        assert found is not None
        data = json.loads(found[1])
        assert data["totals"][0] == "2 pictures: 1 written, 1 failed, 0 left"
        assert [("error" in each) for each in data["pictures"]] in ([False, True], [True, False])
    assert main(["report", "html", str(tmp_path / "out"), "-o", str(pages[2])]) == 1  # it is there
