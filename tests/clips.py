"""Clips made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]
ASSETS = Path(__file__).parent / "assets"


def portrait() -> Picture:
    """The face of tests/assets/astronaut.png, (200, 180, 3)."""
    return np.asarray(Image.open(ASSETS / "astronaut.png").convert("RGB"))[20:220, 130:310].copy()


def moving_portrait(count: int, step: float = 2.0) -> list[Picture]:
    """(160, 240, 3) frames in which the portrait moves to the right by `step` px a frame."""
    small = cv2.resize(portrait(), (135, 150), interpolation=cv2.INTER_AREA)
    frames = []
    for number in range(count):
        move = np.array([[1.0, 0.0, 20.0 + step * number], [0.0, 1.0, 5.0]])
        frames.append(cv2.warpAffine(small, move, (240, 160), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
    return frames


def write_clip(
    path: Path,
    frames: Sequence[Picture],
    *,
    codec: str = "libx264",
    format: str = "yuv420p",
    rate: int = 25,
    times: Sequence[int] | None = None,
    sound: bool = False,
    rotation: int = 0,
    options: dict[str, str] | None = None,
) -> Path:
    """Encode RGB frames. times: of each in thousandths of a second. sound: a tone in AAC. rotation: for display."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=rate, options=options or {})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = format
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(rotation)
        tone: Any = container.add_stream("aac", rate=44100) if sound else None
        for number, frame in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            if times is not None:
                picture.pts, picture.time_base = times[number], Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        if sound:
            for start in range(0, int(44100 * len(frames) / rate), 1024):
                wave = np.sin(2 * np.pi * 440 * (start + np.arange(1024)) / 44100).astype(np.float32)
                samples: Any = av.AudioFrame.from_ndarray(wave[None], format="fltp", layout="mono")
                samples.sample_rate, samples.pts, samples.time_base = 44100, start, Fraction(1, 44100)
                container.mux(tone.encode(samples))
            container.mux(tone.encode(None))
    return path


def decoded(path: Path) -> list[Picture]:
    """All frames of a clip as RGB."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
