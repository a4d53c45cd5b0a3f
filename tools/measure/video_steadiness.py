"""How steady restored faces of clips are in time, against frame by frame and against the clip as it was given.

    python tools/measure/video_steadiness.py CLIP .. [--frames 40] [--side 256] [--temporal 80] [--level light heavy]

Each clip is reduced to a short side of `side` px, degraded (blur, noise, H.264), restored frame by frame and steadily
with the same network, and compared with its clean self inside the face (where the paste mask of the clean clip's face
is above 0.9):

flicker: mean change from frame to frame of the error against the clean clip, levels. warping error: mean difference of
a frame and the one before brought to it by the clean clip's flow (OpenCV DIS, where there and back agree within 1 px),
levels. jitter: second difference of YuNet's five points, % of the distance of the eyes. PSNR, SSIM to the clean clip.
fine: root of the energy of luma above a quarter of Nyquist. restored: share of the frames.
"""

from __future__ import annotations

import argparse
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

import gpen_core
from gpen_core.faces import Face, crop_face, make_detector
from gpen_core.image.luma import luma
from gpen_core.restore.blending import paste_faces
from gpen_core.video import VideoSettings, restore_batch

Frames = NDArray[np.float32]  # (N, H, W, 3) RGB in [0, 1]
LEVELS = {"light": (0.8, 2.0, 26), "heavy": (1.6, 8.0, 32)}  # blur (px), noise (levels), crf of H.264
_AGREE = 1.0  # px
_QUARTER_OF_NYQUIST = 0.125  # cycles per px


@dataclass(frozen=True, eq=False)
class Clean:
    """The clip before its degradation, where its face is, and how it moves back to the frame before."""

    frames: Frames
    inside: NDArray[np.bool_]
    places: list[NDArray[np.float32]]
    sure: list[NDArray[np.bool_]]


def read(path: Path, count: int, side: int) -> tuple[Frames, float]:
    """The first frames, their short side `side` px, and their rate."""
    frames: list[NDArray[Any]] = []
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 25)
        for frame in container.decode(video=0):
            picture = frame.to_ndarray(format="rgb24")
            scale = side / min(picture.shape[:2])
            size = tuple(round(length * scale / 2) * 2 for length in picture.shape[1::-1])
            frames.append(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))
            if len(frames) == count:
                break
    return _as_frames(frames), rate


def _as_frames(levels: Sequence[NDArray[Any]]) -> Frames:
    return np.divide(np.stack(levels), 255.0, dtype=np.float32)


def degraded(frames: Frames, level: str) -> Frames:
    """As a camera and an encoder leave it."""
    blur, noise, crf = LEVELS[level]
    rng = np.random.default_rng(0)
    stored = io.BytesIO()
    with av.open(stored, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            worn = cv2.GaussianBlur(frame, (0, 0), blur) * 255 + rng.normal(0, noise, frame.shape)
            levels = np.clip(worn + 0.5, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(levels, format="rgb24")))
        container.mux(stream.encode(None))
    stored.seek(0)
    with av.open(stored) as container:
        stored_frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return _as_frames(stored_frames)


def look_at(frames: Frames, detector: Any) -> Clean:
    """What is measured with, of the clean clip."""
    inside = np.zeros(frames.shape[:3], bool)
    for number, frame in enumerate(frames):
        face = largest(detector, frame)
        if face is not None:
            inside[number] = paste_faces(frame.copy(), [crop_face(frame, face, 256, "ffhq")], [1.0], 0.45) > 0.9
        elif number:
            inside[number] = inside[number - 1]
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grey = [(luma(frame) * 255 + 0.5).astype(np.uint8) for frame in frames]
    rows, columns = np.indices(grey[0].shape, dtype=np.float32)
    here = np.stack([columns, rows], axis=2)
    places, sure = [], []
    for before, now in zip(grey, grey[1:], strict=False):
        back, forth = (estimator.calc(a, b, np.zeros_like(here)) for a, b in ((now, before), (before, now)))
        place = (here + back).astype(np.float32)
        places.append(place)
        sure.append(np.linalg.norm(back + _moved(forth.astype(np.float32), place), axis=2) < _AGREE)
    return Clean(frames, inside, places, sure)


def measure(frames: Frames, clean: Clean, detector: Any) -> dict[str, float]:
    """The figures of one result."""
    errors = frames - clean.frames
    fine, likeness = [], []
    for frame, true, inside in zip(frames, clean.frames, clean.inside, strict=True):
        where = np.argwhere(inside)
        (top, left), (bottom, right) = where.min(axis=0), where.max(axis=0) + 1
        light, of_clean = luma(frame)[top:bottom, left:right], luma(true)[top:bottom, left:right]
        likeness.append(structural_similarity(light, of_clean, data_range=1.0))
        fine.append(_fine_energy(light))
    changes, warps = [], []
    for number in range(1, len(frames)):
        inside = clean.inside[number]
        changes.append(np.abs(errors[number] - errors[number - 1])[inside].mean())
        brought = _moved(frames[number - 1], clean.places[number - 1], cv2.INTER_CUBIC)
        warps.append(np.abs(frames[number] - brought)[inside & clean.sure[number - 1]].mean())
    error = float(np.square(errors[clean.inside]).mean())
    return {
        "flicker": 255 * float(np.mean(changes)),
        "warping error": 255 * float(np.mean(warps)),
        "jitter": jitter(frames, detector),
        "PSNR": 10 * float(np.log10(1 / max(error, 1e-10))),
        "SSIM": float(np.mean(likeness)),
        "fine": float(np.sqrt(np.mean(fine))),
    }


def jitter(frames: Frames, detector: Any) -> float:
    """Mean second difference of the five points, % of the distance of the eyes."""
    points = [None if face is None else face.landmarks for face in (largest(detector, frame) for frame in frames)]
    found = [
        100 * np.linalg.norm(a + c - 2 * b, axis=1).mean() / np.linalg.norm(b[0] - b[1])
        for a, b, c in zip(points, points[1:], points[2:], strict=False)
        if a is not None and b is not None and c is not None
    ]
    return float(np.mean(found)) if found else float("nan")


def largest(detector: Any, frame: Frames) -> Face | None:
    """The largest face of a frame (H, W, 3)."""
    faces = detector.detect((np.clip(frame, 0, 1) * 255 + 0.5).astype(np.uint8))
    return max(faces, key=lambda face: face.size, default=None)


def _fine_energy(light: NDArray[np.float32]) -> float:
    window = np.outer(*(np.hanning(side) for side in light.shape))
    power = np.square(np.abs(np.fft.fft2((light - light.mean()) * window)))
    across, down = np.fft.fftfreq(light.shape[1])[None], np.fft.fftfreq(light.shape[0])[:, None]
    return float(power[np.hypot(across, down) > _QUARTER_OF_NYQUIST].sum() / window.sum())


def _moved(values: NDArray[np.float32], places: NDArray[np.float32], how: int = cv2.INTER_LINEAR) -> Any:
    columns, rows = (np.ascontiguousarray(places[..., axis]) for axis in (0, 1))
    return cv2.remap(values, columns, rows, how, borderMode=cv2.BORDER_REPLICATE)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--temporal", type=float, default=VideoSettings().temporal)
    parser.add_argument("--level", nargs="+", choices=tuple(LEVELS), default=list(LEVELS))
    parser.add_argument("--model", default="face-unet")
    args = parser.parse_args(arguments)
    model, detector = gpen_core.load_model(args.model), make_detector("yunet")
    names: list[str] = []
    for path in args.clips:
        frames, rate = read(path, args.frames, args.side)
        clean = look_at(frames, detector)
        for level in args.level:
            given = degraded(frames, level)
            results = {"clean": (frames, "", 0.0), "degraded": (given, "", 0.0)}
            for name, temporal in (("frame by frame", 0.0), ("steady", args.temporal)):
                began = perf_counter()
                done = restore_batch(given, rate, model, video=VideoSettings(temporal))
                seconds = (perf_counter() - began) / len(given)
                results[name] = done.images, f"{done.report.with_faces / len(given):.0%}", seconds
            for name, (shown, restored, seconds) in results.items():
                figures = measure(shown, clean, detector)
                if not names:
                    names = list(figures)
                    print(f"| clip | level | | {' | '.join(names)} | restored | s a frame |")
                    print("|" + "---|" * (len(names) + 5))
                values = " | ".join(f"{figures[each]:.2f}" for each in names)
                print(f"| {path.stem} | {level} | {name} | {values} | {restored} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
