"""Text in a picture, in the language of a catalogue of translations."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from PIL import ImageDraw, ImageFont

from ..message import translated

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

_WIDE = "\u2e80-\uffff"  # Chinese, Japanese and Korean letters and signs: a line may end after any of them
_UNITS = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+|\s+")
# Fonts with such letters that come with Windows, macOS and Linux, as Pillow finds them, and the face in the file.
_WIDE_FONTS = (
    ("msyh.ttc", 0),
    ("simhei.ttf", 0),
    ("simsun.ttc", 0),
    ("PingFang.ttc", 0),
    ("Hiragino Sans GB.ttc", 0),
    ("STHeiti Light.ttc", 0),
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansSC-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("DroidSansFallbackFull.ttf", 0),
)


class Pen:
    """Writes into an RGB picture. catalogue: translations by English text; see `gpen_core.message.translated`.

    Where this computer has no font for the letters of the catalogue, the text stays English.
    """

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self._wide = any(re.search(f"[{_WIDE}]", text) for text in catalogue.values())
        self._catalogue = catalogue if can_write(catalogue) else {}

    def words(self, text: str) -> str:
        """`text` as it is written."""
        return translated(text, self._catalogue)

    def write(
        self, draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, colour: Colour, size: int, anchor: str = "la"
    ) -> None:
        """Text of `size` px; `anchor` as Pillow names them."""
        draw.text(at, self.words(text), colour, self._font(size), anchor)

    def length(self, text: str, size: int) -> float:
        """Width in px."""
        return self._font(size).getlength(self.words(text))

    def wrapped(self, text: str, size: int, width: int) -> list[str]:
        """Lines of at most `width` px, broken between words."""
        lines = [""]
        for unit in _UNITS.findall(self.words(text)):
            if lines[-1] and self._font(size).getlength(lines[-1] + unit) > width:
                lines.append(unit.lstrip())
            else:
                lines[-1] += unit
        return lines

    def _font(self, size: int) -> Font:
        return _font(size, wide=self._wide and bool(self._catalogue))


def can_write(catalogue: Mapping[str, str]) -> bool:
    """True if this computer has a font for the texts of a catalogue."""
    return _wide_font() is not None or not any(re.search(f"[{_WIDE}]", text) for text in catalogue.values())


@cache
def _font(size: int, *, wide: bool) -> Font:
    known = _wide_font() if wide else None
    return ImageFont.load_default(size) if known is None else ImageFont.truetype(known[0], size, known[1])


@cache
def _wide_font() -> tuple[str, int] | None:
    for name, face in _WIDE_FONTS:
        try:
            ImageFont.truetype(name, 12, face)
        except OSError:
            continue
        return name, face
    return None
