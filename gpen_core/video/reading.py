"""Reading a clip, frame by frame, with everything in its file that is to be kept."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..image.warp import Pixels
from ..message import Message
from .errors import ClipError
from .planes import Layout, frame_of, in_layout, plane_values, to_eight_bit, to_pixels
from .pyav import import_av

_USUAL_RATE = Fraction(25)
_KEPT = ("audio", "subtitle")  # kinds of streams that are copied
_IN_MP4 = ("aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "libopus", "flac", "mov_text")
_MOST_DAMAGED = 100  # packets in a row; a file that is damaged from here on is not worth reading to its end


class ClipFrame:
    """A decoded frame, upright and of the clip's size, kept in the clip's own pixel format.

    number: from 0. time: s. pts: in `Clip.time_base`, rising. decoded: av.VideoFrame of the layout.
    """

    def __init__(self, number: int, pts: int, time: float, decoded: Any, layout: Layout) -> None:
        self.number, self.pts, self.time = number, pts, time
        self.decoded, self.layout = decoded, layout

    def pixels(self) -> Pixels:
        """(H, W, 3) float32 RGB in [0, 1]."""
        return to_pixels(self.decoded, self.layout)

    def eight_bit(self) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 RGB."""
        return to_eight_bit(self.decoded, self.layout)


class Clip:
    """A clip that is open for reading, once through; a context manager.

    path: of the file, or a file object. width, height: px, upright. rate: frames a second, on average. time_base: s of
    one unit of `ClipFrame.pts`. count: frames as far as the file says or its length lets expect, None where unknown.
    remarks: what was out of the ordinary, filled while it is read.
    Raises ClipError for a file that is missing, no clip, or without a video stream or a single frame.
    """

    def __init__(self, path: str | Path | Any) -> None:
        self._av = import_av()
        self.name = Path(path).name if isinstance(path, (str, Path)) else "the clip"
        self._container = self._open(path)
        self.remarks: dict[str, int] = {}  # how often, by remark
        try:
            self.stream = self._video_stream()
            self.kept_streams = [each for each in self._container.streams if each.type in _KEPT]
            self.rate = Fraction(self.stream.average_rate or self.stream.guessed_rate or _USUAL_RATE)
            self.time_base = Fraction(self.stream.time_base)
            self.stream.thread_type = "AUTO"
            self._packets: list[Any] = []  # of other streams, that came before they were asked for
            self._decoded = self._decode()
            self._first = next(self._decoded, None)
            if self._first is None:
                raise ClipError(f"{self.name} has no frame that can be decoded.\nCopy or download it again.")
            self.rotation = _quarter_turns(self._first)
            self.layout = self._layout_of(self._first)
            self._coded_size = self._first.width, self._first.height
            self.width, self.height = self._coded_size[:: -1 if self.rotation % 2 else 1]
        except BaseException:
            self.close()
            raise
        self._number, self._last_pts = 0, None

    def __enter__(self) -> Clip:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    @property
    def count(self) -> int | None:
        """Number of frames, as far as is known before they are read."""
        if self.stream.frames > 0:
            return int(self.stream.frames)
        length = self.duration
        return None if length is None else max(round(length * self.rate), 1)

    @property
    def duration(self) -> float | None:
        """s, where the file says it."""
        if self.stream.duration:
            return float(self.stream.duration * self.time_base)
        return self._container.duration / 1_000_000 if self._container.duration else None

    @property
    def metadata(self) -> dict[str, str]:
        """Title, date and the like, of the file."""
        return dict(self._container.metadata)

    @property
    def sample_aspect_ratio(self) -> Fraction | None:
        """Width of a pixel by its height, upright; None where nobody says."""
        ratio = self.stream.sample_aspect_ratio
        if not ratio:
            return None
        return 1 / Fraction(ratio) if self.rotation % 2 else Fraction(ratio)

    @property
    def fits_mp4(self) -> bool:
        """Whether an .mp4 file can hold the sound and subtitles."""
        return all(each.codec_context.name in _IN_MP4 for each in self.kept_streams)

    @property
    def dropped_streams(self) -> list[str]:
        """Kinds of streams that are neither read nor copied: timecodes, fonts and the like, further videos."""
        return [each.type for each in self._container.streams if each is not self.stream and each.type not in _KEPT]

    def frames(self, passed: Callable[[Any], None] | None = None) -> Iterator[ClipFrame]:
        """All frames in their order. passed: given the packets (av.Packet) of `kept_streams` as they are met."""
        frame = self._first
        while frame is not None:
            if passed is not None:
                for packet in self._packets:
                    passed(packet)
            self._packets.clear()
            yield self._clip_frame(frame)
            frame = next(self._decoded, None)
        if passed is not None:
            for packet in self._packets:
                passed(packet)
        self._packets.clear()

    def _open(self, path: str | Path | Any) -> Any:
        if isinstance(path, (str, Path)):
            path = Path(path)
            if path.is_dir():
                raise ClipError(f"{path} is a folder; a clip was expected.")
            if not path.exists():
                raise ClipError(f"There is no file {path}.\nCheck the spelling; relative paths start at {Path.cwd()}.")
            if path.stat().st_size == 0:
                raise ClipError(f"{path.name} is empty (0 bytes).\nCopy or download it again.")
            path = str(path)
        try:
            return self._av.open(path, metadata_errors="replace")
        except (self._av.error.FFmpegError, OSError, ValueError) as error:
            raise ClipError(
                f"{self.name} cannot be read as a clip: {_reason(error)}.\n"
                "It is damaged, or no video at all: copy or download it again, or convert it with FFmpeg."
            ) from error

    def _video_stream(self) -> Any:
        attached = getattr(self._av.stream, "Disposition", None)
        for stream in self._container.streams.video:
            if attached is None or not stream.disposition & attached.attached_pic:  # the cover of a song is no video
                return stream
        raise ClipError(f"{self.name} has no video stream.\nGive a file with pictures that move.")

    def _decode(self) -> Iterator[Any]:
        """Frames as they are decoded; the packets of other streams are put aside. What is damaged is passed over."""
        deinterlacer = None
        for frame in self._all_decoded():
            if getattr(frame, "interlaced_frame", False):
                deinterlacer = deinterlacer or _Deinterlacer(self._av, self.stream)
                self._remark(Message("interlaced frames were made whole (bwdif)"))
                yield from deinterlacer(frame)
            else:
                yield frame

    def _all_decoded(self) -> Iterator[Any]:
        failures = (self._av.error.FFmpegError, OSError)
        damaged = 0
        packets = self._container.demux(self.stream, *self.kept_streams)
        while damaged <= _MOST_DAMAGED:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except failures:
                self._remark(Message("the file ends early or is damaged: what could be read was restored"))
                break
            if packet.stream is not self.stream:
                if packet.dts is not None:
                    self._packets.append(packet)
                continue
            try:
                frames = packet.decode()
            except failures:
                self._remark(Message("damaged frames could not be decoded and are left out"))
                damaged += 1
                continue
            damaged = 0 if frames else damaged
            yield from frames
        with contextlib.suppress(*failures):
            yield from self.stream.codec_context.decode(None)  # those the decoder still holds back

    def _clip_frame(self, frame: Any) -> ClipFrame:
        upright = self._upright(frame)
        step = max(round(1 / (self.rate * self.time_base)), 1)
        expected = 0 if self._last_pts is None else self._last_pts + step
        pts = expected if frame.pts is None else int(frame.pts)
        if frame.pts is None or (self._last_pts is not None and pts <= self._last_pts):
            self._remark(Message("broken timestamps were made anew from the frame rate"))
            pts = expected
        number, self._number, self._last_pts = self._number, self._number + 1, pts
        return ClipFrame(number, pts, float(pts * self.time_base), upright, self.layout)

    def _upright(self, frame: Any) -> Any:
        """The frame in the clip's layout and size, turned as it is to be shown."""
        layout, size = self.layout, self._coded_size
        if _quarter_turns(frame) != self.rotation:
            self._remark(Message("frames changed their orientation in the middle of the clip"))
        if (frame.width, frame.height) != size:
            self._remark(Message("frames of another size were brought to the size of the first"))
        if frame.format.name != layout.format or (frame.width, frame.height) != size:
            frame = in_layout(frame, layout, *size)
        if self.rotation:
            planes = [np.rot90(plane_values(plane, layout), self.rotation) for plane in frame.planes]
            pts = frame.pts
            frame = frame_of(planes, layout)
            frame.pts = pts
        return frame

    def _layout_of(self, frame: Any) -> Layout:
        layout = Layout.of(frame)
        if self.rotation % 2 and "422" in layout.format:  # turned, it would have half the rows instead of the columns
            return Layout(layout.format.replace("422", "444"), layout.matrix, layout.full_range)
        return layout

    def _remark(self, text: str) -> None:
        self.remarks[text] = self.remarks.get(text, 0) + 1


class _Deinterlacer:
    """FFmpeg's bwdif: a whole frame of each interlaced one."""

    def __init__(self, av: Any, stream: Any) -> None:
        self._av = av
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(template=stream)
        filter_ = self._graph.add("bwdif", "mode=send_frame:deint=all")
        sink = self._graph.add("buffersink")
        source.link_to(filter_)
        filter_.link_to(sink)
        self._graph.configure()

    def __call__(self, frame: Any) -> Iterator[Any]:
        self._graph.push(frame)
        while True:
            try:
                yield self._graph.pull()
            except (BlockingIOError, EOFError):
                return


def _quarter_turns(frame: Any) -> int:
    """Anticlockwise, by which the frame is turned to be shown."""
    return round(getattr(frame, "rotation", 0) / 90) % 4


def _reason(error: BaseException) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
