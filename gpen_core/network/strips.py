"""The large levels of the network in horizontal strips: the same result from a fraction of the memory.

A feature map of 512 px and more takes tens of megabytes, and a decoder level needs several. Here no map above `whole`
px is ever held as a whole. The levels above it are gone through twice, both times from the face on:

    first    encoder, strip by strip, down to `whole` px; from there on encoder and decoder as always
    then     for each strip of the finished picture: the encoder's features of its rows, and the decoder's levels from
             `whole` px up to the picture, one on top of the other

The modules are those of `Generator.forward`, each called on a strip that is a few rows higher than the rows wanted.
What a module makes of the last rows before a cut is wrong, as it finds its zero padding there in place of the next
rows, and is dropped; at the picture's own border the padding is right. All other operations look at single pixels, and
the style is one vector for the whole face, so the result is that of the whole network up to rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from .generator import Drawing, Generator

SMALLEST_WHOLE = 128  # px; below, the rows dropped at the cuts cost more time than the memory is worth

# Rows beside a cut. Row i of an encoder level is made of rows 2i - 2 .. 2i + 3 of the level before (4x4 blur, 3x3
# convolution with stride 2). A decoder level spoils two rows in its enlarging convolution and blur, one in the other.
_SEEN_BY_ENCODER = 2
_SPOILT_BY_DECODER = 3


class Rows(NamedTuple):
    """Rows start .. stop - 1 of a map of `height` rows."""

    start: int
    stop: int
    height: int

    def grown(self, rows: int) -> Rows:
        """With `rows` more on either side, as far as the map goes."""
        return Rows(max(self.start - rows, 0), min(self.stop + rows, self.height), self.height)

    def halved(self) -> Rows:
        """The rows of the map of half the size that cover these."""
        return Rows(self.start // 2, (self.stop + 1) // 2, self.height // 2)

    def doubled(self) -> Rows:
        """The rows of the map of double the size that these cover."""
        return Rows(self.start * 2, self.stop * 2, self.height * 2)

    def joined(self, other: Rows) -> Rows:
        """The rows from the first to the last of both."""
        return Rows(min(self.start, other.start), max(self.stop, other.stop), self.height)

    def cut(self, x: Tensor, held: Rows | None = None) -> Tensor:
        """A view of these rows of x (B, C, H, W), which holds the rows `held`, or all."""
        offset = 0 if held is None else held.start
        return x[:, :, self.start - offset : self.stop - offset]


def run_in_strips(net: Generator, face: Tensor, whole: int) -> Tensor:
    """As `net(face)` without gradients, the levels above `whole` px in strips of whole / 2 rows of the picture.

    face: (B, 3, S, S) in [-1, 1], in the dtype of the feature maps. whole: px, a power of two from 8 on; `net` is
    called as it is when there is no level above. Returns the same shape in float32, not clamped.
    """
    size = net.config.size
    if whole >= size:
        return net(face)
    face = face.contiguous(memory_format=torch.channels_last)
    levels = (size // whole).bit_length() - 1  # above `whole` px
    drawing = _draw_whole_levels(net, face, whole, levels)
    picture = torch.empty(face.shape, dtype=torch.float32, device=face.device)
    for rows in _strips(size, whole // 2):
        rows.cut(picture).copy_(_draw_strip(net, face, drawing, rows, levels))
    return picture


def _strips(height: int, rows: int) -> Iterator[Rows]:
    return (Rows(start, start + rows, height) for start in range(0, height, rows))


def _draw_whole_levels(net: Generator, face: Tensor, whole: int, levels: int) -> Drawing:
    """What the decoder has made at `whole` px."""
    parts = [encode_rows(net, face, {levels: rows})[levels] for rows in _strips(whole, max(whole >> levels, 1))]
    largest = torch.cat(parts, 2).contiguous(memory_format=torch.channels_last)
    parts.clear()
    return net.decode([*net.encode(largest, levels + 1), largest])


def _draw_strip(net: Generator, face: Tensor, drawing: Drawing, rows: Rows, levels: int) -> Tensor:
    """`rows` of the finished picture. drawing: of the size below the last `levels` levels, whole."""
    wanted: list[Rows] = [rows]  # of each level, from the last one down to `drawing`
    for _ in range(levels):
        wanted.append(wanted[-1].grown(_SPOILT_BY_DECODER).halved())
    made = {level: wanted[level + 1].doubled() for level in range(levels)}
    features = encode_rows(net, face, made)
    # A copy, as the decoder may overwrite it, and the next strip needs some of the same rows.
    x = wanted[levels].cut(drawing.x).clone(memory_format=torch.channels_last)
    strip = Drawing(x, wanted[levels].cut(drawing.picture), drawing.style)
    for level in reversed(range(levels)):
        # The decoder counts its levels from 8 px on.
        net.generator.grow(len(net.config.resolutions) - 2 - level, strip, features.pop(level))
        strip.x, strip.picture = (wanted[level].cut(part, made[level]) for part in (strip.x, strip.picture))
    return strip.picture


def encode_rows(net: Generator, face: Tensor, wanted: Mapping[int, Rows]) -> dict[int, Tensor]:
    """The encoder's features of some rows of some levels. Level 0 has the size of the face."""
    last = max(wanted)
    made = {last: wanted[last]}
    sources: dict[int, Rows] = {}  # what each level is made of
    for level in range(last, 0, -1):
        source = sources[level] = made[level].doubled().grown(_SEEN_BY_ENCODER)
        made[level - 1] = source.joined(wanted.get(level - 1, source))
    sources[0] = made[0]
    features: dict[int, Tensor] = {}
    x, held = face, Rows(0, net.config.size, net.config.size)
    for level in range(last + 1):
        x = net.encoder(level)(sources[level].cut(x, held))
        held = sources[level] if level == 0 else sources[level].halved()
        if level in wanted:
            features[level] = wanted[level].cut(x, held)
    return features
