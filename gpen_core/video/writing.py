"""Writing a clip: frames encoded, everything else of its source copied, the file whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from fractions import Fraction
from pathlib import Path
from typing import Any

from .encoders import ChosenEncoder, Encoding, choose_encoder, container_of
from .errors import ClipError, ClipExistsError
from .planes import Layout, even_sided
from .pyav import import_av
from .reading import Clip

_WHOLE_FRACTION = 1_000_000  # denominators beyond are the rounding of a clock
_FULL = (errno.ENOSPC, errno.EDQUOT)


class ClipWriter:
    """Writes frames into a clip beside its final name, and renames it when all is done; a context manager.

    path: of the file; its ending says which container. source: whose timing, audio, subtitles and colours it gets.
    width: px, where it differs from the source's. overwrite: replace a file of that name. keep: what is done when the
    context is left by an exception stays as a playable file, `partial`, else nothing does.
    Raises ClipError where the container cannot hold what the source has, ClipExistsError.
    """

    def __init__(
        self,
        path: str | Path,
        source: Clip,
        encoding: Encoding,
        *,
        width: int | None = None,
        overwrite: bool = False,
        keep: bool = False,
    ) -> None:
        self._av = import_av()
        self.path, self._source, self._overwrite, self._keep = Path(path), source, overwrite, keep
        self.partial = self.path.with_name(f"{self.path.stem}_partial{self.path.suffix}")
        self._check_place()
        self.encoder = choose_encoder(self.path.suffix, encoding, source.layout)
        columns, height = source.width if width is None else width, source.height
        self._padding = (columns % 2, height % 2) if self.encoder.even else (0, 0)
        self._part = self.path.with_name(f".{uuid.uuid4().hex}.part")
        self.frames = 0
        try:
            self._container = self._av.open(
                str(self._part), "w", format=container_of(self.path.suffix), options=_container_options(self.path)
            )
        except (OSError, self._av.error.FFmpegError) as error:
            raise self._failed(error) from error
        try:
            self._stream = self._video_stream(self.encoder, columns, height)
            self._copies = {stream.index: self._copy_of(stream) for stream in source.kept_streams}
            self._container.metadata.update(source.metadata)
        except BaseException:
            self._discard()
            raise

    def __enter__(self) -> ClipWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._finish(self.path)
        elif self._keep and self.frames and not issubclass(kind, OSError):
            with contextlib.suppress(ClipError):
                self._finish(self.partial)
        else:
            self._discard()

    @property
    def padded(self) -> bool:
        """Whether a row or column was added, because the encoder takes even sides only."""
        return any(self._padding)

    def write(self, decoded: Any, pts: int, layout: Layout) -> None:
        """Encode a frame (av.VideoFrame of the layout). Raises ClipError."""
        if self.padded:
            decoded = even_sided(decoded, layout)
        if decoded.format.name != self.encoder.format:
            decoded = decoded.reformat(format=self.encoder.format)
        decoded.pts, decoded.time_base = pts, self._source.time_base
        decoded.pict_type = 0  # the encoder decides, not the source
        try:
            self._container.mux(self._stream.encode(decoded))
        except (OSError, ValueError, self._av.error.FFmpegError) as error:
            raise self._failed(error) from error
        self.frames += 1

    def copy(self, packet: Any) -> None:
        """Put a packet of one of the source's kept streams into the file. Raises ClipError."""
        packet.stream = self._copies[packet.stream.index]
        try:
            self._container.mux(packet)
        except (OSError, ValueError, self._av.error.FFmpegError) as error:
            raise self._failed(error) from error

    def _video_stream(self, encoder: ChosenEncoder, width: int, height: int) -> Any:
        rate = Fraction(self._source.rate).limit_denominator(_WHOLE_FRACTION)
        stream = self._container.add_stream(encoder.name, rate=rate, options=encoder.options)
        stream.width, stream.height = width + self._padding[0], height + self._padding[1]
        stream.pix_fmt = encoder.format
        context, source = stream.codec_context, self._source
        context.time_base = source.time_base
        context.thread_type = "AUTO"
        original = source.stream.codec_context
        context.color_range = 2 if source.layout.full_range else original.color_range
        for name in ("color_primaries", "color_trc", "colorspace"):
            with contextlib.suppress(AttributeError, ValueError):
                setattr(context, name, getattr(original, name))
        if source.sample_aspect_ratio is not None:
            with contextlib.suppress(AttributeError):
                context.sample_aspect_ratio = source.sample_aspect_ratio
        if encoder.tag is not None and container_of(self.path.suffix) in ("mp4", "mov"):
            context.codec_tag = encoder.tag
        return stream

    def _copy_of(self, stream: Any) -> Any:
        """A stream that takes the packets of one of the source."""
        add = getattr(self._container, "add_stream_from_template", None)
        try:
            copy = add(stream) if add is not None else self._container.add_stream(template=stream)
            copy.metadata.update(stream.metadata)
        except (ValueError, TypeError, OSError, self._av.error.FFmpegError) as error:
            kind = {"audio": "sound", "subtitle": "subtitles"}[stream.type]
            raise ClipError(
                f"{self.path.suffix} files cannot hold the {kind} of {self._source.name}: {stream.name}.\n"
                "End the name in .mkv, which holds everything."
            ) from error
        return copy

    def _finish(self, path: Path) -> None:
        try:
            self._container.mux(self._stream.encode(None))
            self._container.close()
            with self._part.open("rb+") as file:
                os.fsync(file.fileno())
            if path == self.path:
                self._check_place()  # another program may have written it in the meantime
            self._part.replace(path)
        except (OSError, ValueError, self._av.error.FFmpegError) as error:
            raise self._failed(error) from error
        finally:
            self._discard()

    def _discard(self) -> None:
        with contextlib.suppress(Exception):  # a container that cannot be closed: nothing of it is kept
            self._container.close()
        with contextlib.suppress(OSError):
            self._part.unlink()

    def _failed(self, error: BaseException) -> ClipError:
        if getattr(error, "errno", None) in _FULL:
            return ClipError(f"The disk is full: {self.path} was not written.\nMake room, or choose another disk.")
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return ClipError(
            f"{self.path} cannot be written: {reason}.\n"
            "Check the folder's permissions and the free space; a .mkv file holds what others refuse."
        )

    def _check_place(self) -> None:
        path = self.path
        if path.is_dir():
            raise ClipError(f"{path} is a folder; the name of a clip was expected.")
        if not path.parent.is_dir():
            raise ClipError(f"There is no folder {path.parent} to write {path.name} into.\nCreate it first.")
        if path.exists() and not self._overwrite:
            raise ClipExistsError(f"{path} already exists.\nChoose another name or folder, or allow overwriting.")


def _container_options(path: Path) -> dict[str, str]:
    return {"movflags": "+faststart"} if container_of(path.suffix) in ("mp4", "mov") else {}
