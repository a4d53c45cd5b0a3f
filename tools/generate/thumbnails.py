"""How the thumbnail of each workflow shows what it does: before and after, each in a way of its own.

results: what the nodes of a run gave, by class; pictures are RGB in 8 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

Picture = NDArray[np.uint8]
Results = dict[str, Any]

_PICTURES = Path(__file__).resolve().parents[2] / "example_workflows" / "pictures"
_SIDE = 480  # px of a thumbnail
_DARK = (24, 25, 29)
_LINE = 2  # px between parts


def pixels(image: Any, number: int = -1) -> Picture:
    """One picture of an IMAGE, in 8 bits."""
    return (image[number].numpy().clip(0.0, 1.0) * 255.0 + 0.5).astype(np.uint8)


def face(results: Results) -> Image.Image:
    """The face close up, the left half before, the right half after."""
    before, after = _before(results), pixels(results["GPENEnhance"].args[0])
    part = _around_face(results)
    return _halves(before[part], after[part])


def strips(results: Results) -> Image.Image:
    """The middle of the face, before above after."""
    before, after = _before(results), pixels(results["GPENEnhance"].args[0])
    rows, columns = _around_face(results)
    height = rows.stop - rows.start
    middle = slice(rows.start + height // 4, rows.start + height // 4 + (columns.stop - columns.start) // 2)
    return _grid([[before[middle, columns]], [after[middle, columns]]])


def whole(results: Results) -> Image.Image:
    """The whole picture, the left half before, the right half after."""
    after = pixels(results["GPENSkinProtectBlend"].args[0])
    before = Image.fromarray(_before(results)).resize(after.shape[1::-1], Image.Resampling.BICUBIC)
    return _halves(np.asarray(before), after)


def choice(results: Results) -> Image.Image:
    """The numbered faces, above the picture in which those chosen are restored."""
    return _grid([[pixels(results["GPENFaceCrop"].args[3])], [pixels(results["GPENEnhance"].args[0])]])


def sheet(results: Results) -> Image.Image:
    """The faces of two pictures of a batch, each before and after."""
    before, after = results["BatchImagesNode"][0], results["GPENEnhance"].args[0]
    parts = [_around_face(results, number) for number in range(2)]
    return _grid([[pixels(before, number)[part], pixels(after, number)[part]] for number, part in enumerate(parts)])


def stages(results: Results) -> Image.Image:
    """The face, restored, edited, and pasted back."""
    part = _around_face(results)
    crop, edited = pixels(results["GPENEnhance"].args[1]), pixels(results["ImageSharpen"][0])
    pasted = pixels(results["GPENPasteFaces"].args[0])
    return _grid([[_before(results)[part], crop], [edited, pasted[part]]])


def enlarged(results: Results) -> Image.Image:
    """The middle of the face in the enlarged picture, above the same restored."""
    rows, columns = (slice(2 * part.start, 2 * part.stop) for part in _around_face(results))
    after = pixels(results["GPENPasteFaces"].args[0])
    before = pixels(results["ImageScaleBy"][0])
    middle = (rows.start + rows.stop) // 2
    across = slice(middle - (columns.stop - columns.start) // 4, middle + (columns.stop - columns.start) // 4)
    return _grid([[before[across, columns]], [after[across, columns]]])


def frames(results: Results) -> Image.Image:
    """Frames of the clip, each above the same restored."""
    before, after = results["GPENExamplePicture"].args[0], results["GPENEnhanceVideo"].args[1]
    chosen = [number * len(before) // 3 for number in range(3)]
    strip = slice(before.shape[2] // 6, before.shape[2] * 5 // 6)
    rows = [[pixels(clip, number)[:, strip] for number in chosen] for clip in (before, after)]
    return _grid(rows)


def chart(results: Results) -> Image.Image:
    """What the Advisor has measured."""
    return _fitted(pixels(results["GPENAdvisor"].args[-1]), (_SIDE, _SIDE))


def card(text: str) -> Image.Image:
    """For a workflow that cannot run here."""
    image = Image.new("RGB", (_SIDE, _SIDE), _DARK)
    font = ImageFont.load_default(40)
    ImageDraw.Draw(image).multiline_text(
        (_SIDE / 2, _SIDE / 2), text, fill="white", font=font, anchor="mm", align="center", spacing=16
    )
    return image


def start(picture: str, text: str) -> Image.Image:
    """What such a workflow starts from, and what becomes of it in words."""
    image = _fitted(np.asarray(Image.open(_PICTURES / picture).convert("RGB")), (_SIDE, _SIDE))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, _SIDE - 72, _SIDE, _SIDE), fill=_DARK)
    draw.text((_SIDE / 2, _SIDE - 36), text, fill="white", font=ImageFont.load_default(36), anchor="mm")
    return image


def _before(results: Results) -> Picture:
    return pixels(results["GPENExamplePicture"].args[0])


def _around_face(results: Results, number: int = -1) -> tuple[slice, slice]:
    """Rows and columns of what may have changed in one picture, a close-up of the face."""
    shown = results["GPENEnhance"].args[2][number].numpy() > 0.0
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _halves(before: Picture, after: Picture) -> Image.Image:
    left, right = (_fitted(picture, (_SIDE, _SIDE)) for picture in (before, after))
    right.paste(left.crop((0, 0, _SIDE // 2, _SIDE)), (0, 0))
    ImageDraw.Draw(right).line((_SIDE // 2, 0, _SIDE // 2, _SIDE), fill="white", width=_LINE)
    return right


def _grid(rows: Sequence[Sequence[Picture]]) -> Image.Image:
    """Rows of pictures, each filling its part."""
    image = Image.new("RGB", (_SIDE, _SIDE), "white")
    size = ((_SIDE - _LINE * (len(rows[0]) - 1)) // len(rows[0]), (_SIDE - _LINE * (len(rows) - 1)) // len(rows))
    for row, pictures in enumerate(rows):
        for column, picture in enumerate(pictures):
            part = ImageOps.fit(Image.fromarray(picture), size, Image.Resampling.LANCZOS)
            image.paste(part, (column * (size[0] + _LINE), row * (size[1] + _LINE)))
    return image


def _fitted(picture: Picture, size: tuple[int, int]) -> Image.Image:
    """The whole picture on a dark ground, as large as fits."""
    return ImageOps.pad(Image.fromarray(picture), size, Image.Resampling.LANCZOS, color=_DARK)
