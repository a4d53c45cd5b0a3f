"""Make the thumbnails of the workflows and the pictures of the help pages: `make pictures`.

Every picture is made by the pack itself, by running its own workflows on its own example pictures.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from build_schemas import load_schemas
from build_workflows import FOLDER, NEEDS_DOWNLOADS, WORKFLOWS
from executor import run
from numpy.typing import NDArray
from pack_loader import PROJECT, Nodes, load_nodes
from PIL import Image, ImageDraw, ImageFont, ImageOps
from workflow_graph import to_prompt

DOCS = PROJECT / "web" / "docs"

Picture = NDArray[np.uint8]

_SIDE = 480  # px of a thumbnail
_HELP_WIDTH = 900  # px


def main() -> None:
    nodes = load_nodes()
    for make in WORKFLOWS:
        name = make().name
        if name in NEEDS_DOWNLOADS:
            thumbnail = _card("Text to image\nthen GPEN Enhance")
        else:
            results = _results(nodes, name)
            thumbnail = _thumbnail(results)
            _help_pictures(results)
        thumbnail.save(FOLDER / f"{name}.jpg", quality=85)


def _results(nodes: Nodes, name: str) -> dict[str, Any]:
    """Node id -> (class, result)."""
    workflow = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    prompt = to_prompt(workflow, load_schemas())
    results = run(nodes, prompt)
    return {prompt[number]["class_type"]: result for number, result in results.items()}


def _thumbnail(results: dict[str, Any]) -> Image.Image:
    """The chart, the numbered faces, or the face before and after."""
    if "GPENAdvisor" in results:
        return _fitted(_pixels(results["GPENAdvisor"].args[-1]))
    if "GPENFaceCrop" in results:
        return _fitted(_pixels(results["GPENFaceCrop"].args[3]))
    after = next(_pixels(results[name].args[0]) for name in _LAST if name in results)
    before = Image.fromarray(_pixels(results["GPENExamplePicture"].args[0])).resize(after.shape[1::-1])
    part = _around_face(results["GPENEnhance"].args[2][-1].numpy())
    return _split(np.asarray(before)[part], after[part])


_LAST = ("GPENPasteFaces", "GPENSkinProtectBlend", "GPENEnhance")


def _around_face(mask: NDArray[np.float32]) -> tuple[slice, slice]:
    """Rows and columns of what may have changed, a close-up of the face."""
    shown = mask > 0.0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _help_pictures(results: dict[str, Any]) -> None:
    if "GPENFaceCrop" in results:
        _reduced(_pixels(results["GPENFaceCrop"].args[3])).save(DOCS / "face_crop.jpg", quality=85)
    if "GPENAdvisor" in results:
        _reduced(_pixels(results["GPENAdvisor"].args[-1])).save(DOCS / "advisor.jpg", quality=85)


def _pixels(image: Any) -> Picture:
    """The last picture of an IMAGE, in 8 bits."""
    return (image[-1].numpy().clip(0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def _split(before: Picture, after: Picture) -> Image.Image:
    """The left half before, the right half after."""
    sides = [_fitted(picture) for picture in (before, after)]
    sheet = sides[1].copy()
    sheet.paste(sides[0].crop((0, 0, _SIDE // 2, _SIDE)), (0, 0))
    ImageDraw.Draw(sheet).line((_SIDE // 2, 0, _SIDE // 2, _SIDE), fill="white", width=2)
    return sheet


def _fitted(picture: Picture) -> Image.Image:
    """The whole picture on a dark square, as large as fits."""
    return ImageOps.pad(Image.fromarray(picture), (_SIDE, _SIDE), Image.Resampling.LANCZOS, color=(24, 25, 29))


def _reduced(picture: Picture) -> Image.Image:
    image = Image.fromarray(picture)
    image.thumbnail((_HELP_WIDTH, 4 * _HELP_WIDTH), Image.Resampling.LANCZOS)
    return image


def _card(text: str) -> Image.Image:
    sheet = Image.new("RGB", (_SIDE, _SIDE), (24, 25, 29))
    font = ImageFont.load_default(40)
    ImageDraw.Draw(sheet).multiline_text(
        (_SIDE / 2, _SIDE / 2), text, fill="white", font=font, anchor="mm", align="center", spacing=16
    )
    return sheet


if __name__ == "__main__":
    main()
