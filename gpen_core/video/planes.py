"""Decoded frames as RGB and back, changing only what was changed.

A frame keeps its own pixel format (4:2:0 or finer, 8 bits or more) all the way: where a pixel is as it was, its values
go to the encoder as they came from the decoder, without the rounding of a way to RGB and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..image.warp import Pixels
from .pyav import import_av

_SAMPLINGS, _DEPTHS = ("420", "422", "444"), ("", "10le", "12le")
_PLANAR = {f"yuv{sampling}p{depth}": (sampling, depth) for sampling in _SAMPLINGS for depth in _DEPTHS}
_MATRICES = {1: 1, 4: 4, 5: 5, 6: 6, 7: 7, 9: 9, 10: 9}  # AVColorSpace -> SWS_CS_*, of those that libswscale knows
_BT601, _BT709 = 5, 1
_SD = 576  # lines; up to here colours that nobody specified are those of BT.601, above those of BT.709
_UNSPECIFIED, _LIMITED, _FULL = 0, 1, 2


@dataclass(frozen=True)
class Layout:
    """How the pixels of a clip are kept. format: of FFmpeg, planar YUV. matrix, full_range: of its colours."""

    format: str
    matrix: int
    full_range: bool

    @classmethod
    def of(cls, frame: Any) -> Layout:
        """The layout that holds all that a decoded frame (av.VideoFrame) holds."""
        matrix = _MATRICES.get(int(frame.colorspace), _BT601 if frame.height <= _SD else _BT709)
        full = int(frame.color_range) == _FULL or frame.format.name.startswith("yuvj")
        return cls(working_format(frame.format), matrix, full)

    @property
    def bits(self) -> int:
        """Of each value: 8, 10 or 12."""
        depth = _PLANAR[self.format][1]
        return int(depth[:2]) if depth else 8

    @property
    def subsampled(self) -> tuple[bool, bool]:
        """Whether chroma has half the columns, and half the rows."""
        sampling = _PLANAR[self.format][0]
        return sampling != "444", sampling == "420"


def working_format(format: Any) -> str:
    """The planar YUV format that holds all of a pixel format (av.VideoFormat)."""
    name = format.name.replace("yuvj", "yuv")
    if name in _PLANAR:
        return name
    depth = max(component.bits for component in format.components)
    chroma = [part for part in format.components if part.is_chroma]
    if format.is_rgb or format.has_palette:
        sampling = "444"
    elif not chroma:
        sampling = "420"  # grey
    elif chroma[0].width == format.width:
        sampling = "444"
    else:
        sampling = "420" if chroma[0].height < format.height else "422"
    return f"yuv{sampling}p{'' if depth <= 8 else '10le' if depth <= 10 else '12le'}"


def in_layout(frame: Any, layout: Layout, width: int, height: int) -> Any:
    """A decoded frame (av.VideoFrame) of any format and size in the layout, with its time."""
    range_ = _FULL if layout.full_range else _LIMITED
    is_rgb = frame.format.is_rgb or frame.format.has_palette
    result = frame.reformat(
        width,
        height,
        format=layout.format,
        src_colorspace=layout.matrix,
        dst_colorspace=layout.matrix,
        src_color_range=_FULL if is_rgb else range_,
        dst_color_range=range_,
    )
    result.pts = frame.pts
    return result


def to_eight_bit(frame: Any, layout: Layout) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 RGB of a frame in the layout."""
    return _to_rgb(frame, layout, "rgb24").to_ndarray()


def to_pixels(frame: Any, layout: Layout) -> Pixels:
    """(H, W, 3) float32 RGB in [0, 1] of a frame in the layout."""
    if layout.bits == 8:
        return (to_eight_bit(frame, layout) / np.float32(255.0)).astype(np.float32, copy=False)
    return (_to_rgb(frame, layout, "rgb48le").to_ndarray() / np.float32(65535.0)).astype(np.float32, copy=False)


def with_pixels(frame: Any, layout: Layout, pixels: Pixels, changed: NDArray[np.bool_]) -> Any:
    """A copy of a frame in the layout with RGB `pixels` (H, W, 3) where `changed` (H, W), else as it was."""
    av = import_av()
    largest, kind, name = (255, np.uint8, "rgb24") if layout.bits == 8 else (65535, np.uint16, "rgb48le")
    levels = (np.clip(pixels, 0.0, 1.0) * largest + 0.5).astype(kind)
    rgb = av.VideoFrame.from_ndarray(levels, format=name)
    result = rgb.reformat(
        format=layout.format,
        src_colorspace=layout.matrix,
        dst_colorspace=layout.matrix,
        src_color_range=_FULL,
        dst_color_range=_FULL if layout.full_range else _LIMITED,
    )
    across, down = layout.subsampled
    for number, (new, old) in enumerate(zip(result.planes, frame.planes, strict=True)):
        kept = ~(_any_of_each(changed, across, down) if number else changed)
        values = plane_values(new, layout)
        values[kept] = plane_values(old, layout)[kept]
    return result


def plane_values(plane: Any, layout: Layout) -> NDArray[Any]:
    """The values of a plane (av.VideoPlane) as an array that shares its memory, (height, width)."""
    kind = np.dtype(np.uint8 if layout.bits == 8 else np.uint16)
    rows = np.frombuffer(plane, kind).reshape(plane.height, plane.line_size // kind.itemsize)
    return rows[:, : plane.width]


def frame_of(planes: list[NDArray[Any]], layout: Layout) -> Any:
    """A frame of the layout with the values of its planes."""
    av = import_av()
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, layout.format)
    for plane, values in zip(frame.planes, planes, strict=True):
        plane_values(plane, layout)[...] = values
    return frame


def even_sided(frame: Any, layout: Layout) -> Any:
    """The frame with its last column and row repeated where their number is odd, as many encoders want it."""
    if frame.width % 2 == frame.height % 2 == 0:
        return frame
    return frame_of(
        [_even(plane_values(plane, layout), number, layout) for number, plane in enumerate(frame.planes)], layout
    )


def beside(first: Any, second: Any, layout: Layout) -> Any:
    """Two frames of the layout side by side, both with even sides."""
    pairs = zip(even_sided(first, layout).planes, even_sided(second, layout).planes, strict=True)
    return frame_of(
        [np.concatenate([plane_values(left, layout), plane_values(right, layout)], axis=1) for left, right in pairs],
        layout,
    )


def _even(values: NDArray[Any], number: int, layout: Layout) -> NDArray[Any]:
    """A plane as large as in a frame of even sides; chroma that is halved is so already."""
    across, down = layout.subsampled if number else (False, False)
    height, width = values.shape
    return np.pad(values, ((0, 0 if down else height % 2), (0, 0 if across else width % 2)), mode="edge")


def _to_rgb(frame: Any, layout: Layout, format: str) -> Any:
    return frame.reformat(
        format=format,
        src_colorspace=layout.matrix,
        dst_colorspace=layout.matrix,
        src_color_range=_FULL if layout.full_range else _LIMITED,
        dst_color_range=_FULL,
    )


def _any_of_each(plane: NDArray[np.bool_], across: bool, down: bool) -> NDArray[np.bool_]:
    """Halved along the axes asked for: True where any of the pixels that become one is."""
    if down:
        plane = np.pad(plane, ((0, plane.shape[0] % 2), (0, 0)))
        plane = plane[0::2] | plane[1::2]
    if across:
        plane = np.pad(plane, ((0, 0), (0, plane.shape[1] % 2)))
        plane = plane[:, 0::2] | plane[:, 1::2]
    return plane
