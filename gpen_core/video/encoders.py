"""Ways to encode a clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from .errors import ClipError
from .planes import Layout
from .pyav import import_av

Codec = Literal["h264", "h265", "vp9", "av1", "prores"]
CODECS: tuple[Codec, ...] = get_args(Codec)


@dataclass(frozen=True)
class _Encoder:
    """One of FFmpeg's encoders. crf: default and largest, None for encoders without. even: sides must be even."""

    name: str
    crf: tuple[int, int] | None
    options: tuple[tuple[str, str], ...] = ()
    even: bool = True


_ENCODERS: dict[Codec, tuple[_Encoder, ...]] = {  # the first that this FFmpeg has
    "h264": (_Encoder("libx264", (18, 51)),),
    "h265": (_Encoder("libx265", (20, 51), (("x265-params", "log-level=error"),)),),
    "vp9": (_Encoder("libvpx-vp9", (24, 63), (("row-mt", "1"), ("cpu-used", "4")), even=False),),
    "av1": (_Encoder("libsvtav1", (26, 63)), _Encoder("libaom-av1", (26, 63), (("cpu-used", "6"),))),
    "prores": (_Encoder("prores_ks", None, (("profile", "3"),)),),
}
_TAGS: dict[Codec, str] = {"h265": "hvc1"}  # which Apple's players ask for
# Containers by the ending of a file: FFmpeg's name, and the codec that is taken where none was asked for.
CONTAINERS: dict[str, tuple[str, Codec]] = {
    ".mp4": ("mp4", "h264"),
    ".m4v": ("mp4", "h264"),
    ".mov": ("mov", "h264"),
    ".mkv": ("matroska", "h264"),
    ".webm": ("webm", "vp9"),
}
_HOLDS: dict[str, tuple[Codec, ...]] = {"mp4": ("h264", "h265", "vp9", "av1"), "webm": ("vp9", "av1")}


@dataclass(frozen=True)
class Encoding:
    """How a clip is written. codec: None for the usual one of the container. crf: None for the codec's default.

    crf: constant rate factor, 0 (lossless or all but) to 51 (H.264, H.265) or 63 (VP9, AV1); smaller is better and
    larger. ProRes has none.
    """

    codec: Codec | None = None
    crf: float | None = None


@dataclass(frozen=True)
class ChosenEncoder:
    """name: of FFmpeg. format: of the pixels. even: whether both sides must be even."""

    name: str
    format: str
    options: dict[str, str]
    even: bool
    tag: str | None


def container_of(suffix: str) -> str:
    """FFmpeg's name of the container for files ending in `suffix` (".mp4"). Raises ClipError."""
    if suffix.lower() not in CONTAINERS:
        raise ClipError(
            f"Clips are not written as {suffix or 'files without an ending'}.\nUse {', '.join(CONTAINERS)}."
        )
    return CONTAINERS[suffix.lower()][0]


def choose_encoder(suffix: str, encoding: Encoding, layout: Layout) -> ChosenEncoder:
    """The encoder for a file ending in `suffix`, with the pixel format nearest to the layout.

    Raises ClipError for a codec that the container cannot hold or this FFmpeg cannot write, and an impossible crf.
    """
    container = container_of(suffix)
    codec = encoding.codec or CONTAINERS[suffix.lower()][1]
    if codec not in CODECS:
        raise ClipError(f"Unknown codec '{codec}'.\nUse one of: {', '.join(CODECS)}.")
    if codec not in _HOLDS.get(container, CODECS):
        raise ClipError(
            f"A file ending in {suffix} cannot hold {codec}.\n"
            f"Choose one of {', '.join(_HOLDS[container])}, or end the name in .mkv or .mov."
        )
    encoder = next((each for each in _ENCODERS[codec] if _exists(each.name)), None)
    if encoder is None:
        there = ", ".join(name for name in CODECS if any(_exists(each.name) for each in _ENCODERS[name]))
        raise ClipError(
            f"The FFmpeg of this PyAV has no encoder for {codec} ({_ENCODERS[codec][0].name}).\nIt has: {there}."
        )
    options = dict(encoder.options)
    if encoder.crf is None and encoding.crf is not None:
        raise ClipError(f"{codec} has no constant rate factor.\nLeave crf out.")
    if encoder.crf is not None:
        default, largest = encoder.crf
        crf = default if encoding.crf is None else encoding.crf
        if not 0 <= crf <= largest:
            raise ClipError(f"crf must be 0 to {largest} for {codec}, got {crf:g}.")
        options["crf"] = f"{crf:g}"
    return ChosenEncoder(encoder.name, _pixel_format(encoder.name, layout), options, encoder.even, _TAGS.get(codec))


def _exists(name: str) -> bool:
    av = import_av()
    try:
        av.Codec(name, "w")
    except Exception as error:  # of one class in each version of PyAV
        if not isinstance(error, (ValueError, av.error.FFmpegError)) and "Codec" not in type(error).__name__:
            raise
        return False
    return True


def _pixel_format(encoder: str, layout: Layout) -> str:
    """Of those the encoder takes the layout's, else the one that loses least."""
    taken = {format.name for format in import_av().Codec(encoder, "w").video_formats or ()}
    depth = "" if layout.bits == 8 else f"{layout.bits}le"
    samplings = ("444", "422", "420")
    own = next(sampling for sampling in samplings if sampling in layout.format)
    finer = samplings[: samplings.index(own) + 1][::-1]
    coarser = samplings[samplings.index(own) + 1 :]
    depths = (depth, *(each for each in ("10le", "12le", "") if each != depth))
    wanted = [f"yuv{sampling}p{each}" for sampling in (*finer, *coarser) for each in depths]
    return next((name for name in wanted if name in taken), layout.format)
