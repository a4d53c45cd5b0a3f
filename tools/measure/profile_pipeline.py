"""Where the time around the network goes, and how cost grows, as CPU time of one thread.

    python tools/measure/profile_pipeline.py shares PICTURE [--detector auto] [--scope faces] [--faces N]
    python tools/measure/profile_pipeline.py growth [--faces 1 4 16 64] [--megapixels 1 4 16 48]

`shares` restores a picture once with a network of GPEN-BFR-512's shape (weights are random: speed does not depend on
them), and prints what each phase costs as a share of the network's own time. `growth` restores made-up pictures with
the embedded model and prints cost per face and per megapixel; an exponent of 1 is linear growth.

CPU time hardly depends on what else the machine does, the time on the wall does.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

import gpen_core
from gpen_core import FaceChoice, GPENConfig, GPENModel, RestoreSettings
from gpen_core.faces import Face, make_detector
from gpen_core.faces.aligned_crop import template_points
from gpen_core.image import read_picture
from gpen_core.image.warp import Pixels
from gpen_core.network import Generator
from gpen_core.restore import background, blending, network_pass, pipeline

# What is measured apart: a name, and where the pipeline looks the function up. Time within one that lies in another
# counts for the inner one alone.
_PHASES: tuple[tuple[str, Any, str], ...] = (
    ("network", GPENModel, "run"),
    ("detect", pipeline, "faces_of_batch"),
    ("crop", network_pass, "crop_face"),
    ("remember", network_pass, "digest"),
    ("finish", network_pass, "prepare_face"),
    ("finish", network_pass, "finish_face"),
    ("mask", blending, "face_mask"),
    ("blend", pipeline, "paste_faces"),
    ("tiles", background, "agreed_detail"),
    ("tiles", pipeline, "enhance_background"),
    ("report", pipeline, "_face_reports"),
)

_seeds = count(1)


class Stopwatch:
    """CPU seconds by phase; a phase within another stops the outer one's clock."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._running: list[str] = ["rest"]
        self._since = time.process_time()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._switch()
        self._running.append(name)
        try:
            yield
        finally:
            self._switch()
            self._running.pop()

    def _switch(self) -> None:
        now = time.process_time()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now


def timed(watch: Stopwatch, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, its time counted for the phase `name`."""

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with watch.phase(name):
            return function(*args, **kwargs)

    return wrapped


def profile(action: Callable[[], Any]) -> dict[str, float]:
    """CPU seconds of each phase while `action` runs, and of the rest."""
    watch = Stopwatch()
    with ExitStack() as patched:
        for name, place, function in _PHASES:
            patched.enter_context(mock.patch.object(place, function, timed(watch, name, getattr(place, function))))
        with watch.phase("rest"):
            action()
    return dict(watch.seconds)


class GivenFaces:
    """A detector that finds what it was given, in no time."""

    name = "made up"

    def __init__(self, faces: Sequence[Face]) -> None:
        self._faces = list(faces)

    def detect(self, picture: NDArray[np.uint8]) -> list[Face]:
        return self._faces


def random_model(size: int) -> GPENModel:
    """A network of the published shape for `size` px, with random weights, on one thread of the CPU."""
    torch.manual_seed(0)
    config = GPENConfig(size=size, narrow=0.5, channel_multiplier=1) if size == 256 else GPENConfig(size=size)
    return GPENModel(Generator(config), f"random-{size}", torch.device("cpu"), "fp32")


def made_up_picture(megapixels: float, seed: int) -> Pixels:
    """Soft noise of 4:3, in [0, 1]."""
    width = round(math.sqrt(megapixels * 1e6 * 4 / 3))
    noise = np.random.default_rng(seed).random((round(width * 3 / 4), width, 3), np.float32)
    return cv2.GaussianBlur(noise, (0, 0), 1.5).astype(np.float32, copy=False)


def made_up_faces(number: int, height: int, width: int, size: float) -> list[Face]:
    """Upright faces of `size` px, as many, evenly spread over the picture."""
    columns = math.ceil(math.sqrt(number * width / height))
    rows = math.ceil(number / columns)
    faces = []
    for place in range(number):
        x, y = (place % columns + 0.5) * width / columns, (place // columns + 0.5) * height / rows
        landmarks = (template_points(1) - 0.5) * size * 2.0 + (x, y)
        box = (x - size / 2, y - size / 2, x + size / 2, y + size / 2)
        faces.append(Face(box=box, landmarks=landmarks, score=0.9))
    return faces


def report_shares(args: argparse.Namespace) -> None:
    """Print one line per phase: CPU time per face, and its share of the network's."""
    picture = read_picture(args.picture).pixels
    model = random_model(args.size)
    detector = make_detector(args.detector)
    settings = RestoreSettings(scope=args.scope, choice=FaceChoice(max_faces=args.faces))
    warm = made_up_picture(0.3, 0)  # what only the first call costs
    face = made_up_faces(1, *warm.shape[:2], size=100.0)
    gpen_core.restore(warm, model, settings, detector=GivenFaces(face))
    detector.detect((warm * 255).astype(np.uint8))
    results: list[gpen_core.RestoreResult] = []
    seconds = profile(lambda: results.append(gpen_core.restore(picture, model, settings, detector=detector)))
    (result,) = results
    restored = len(result.crops[0])
    network = seconds.pop("network")
    print(f"{args.picture.name}, {tuple(picture.shape[:2])}: {result.report.summary()}; faces by {detector.name}")
    print(f"network of {args.size} px: {network / max(restored, 1):.3f} s per face")
    for name, spent in sorted(seconds.items(), key=lambda entry: -entry[1]):
        print(f"  {name:10} {spent / max(restored, 1):.4f} s per face  {spent / network:6.1%}")
    print(f"  {'together':10} {sum(seconds.values()) / max(restored, 1):.4f} s per face  {_share(seconds, network)}")


def _share(seconds: dict[str, float], network: float) -> str:
    return f"{sum(seconds.values()) / network:6.1%} of the network"


def report_growth(args: argparse.Namespace) -> None:
    """Print cost against the number of faces, then against the size of the picture, for faces and for tiles."""
    model = gpen_core.load_model(device="cpu", precision="fp32")
    settings = RestoreSettings()
    gpen_core.restore(made_up_picture(0.3, 0), model, settings, detector="embedded")  # what only the first call costs
    print(f"faces of 100 px in {args.room:g} megapixels")
    _print_growth("face", args.faces, lambda number: _cost(model, settings, args.room, number))
    print("megapixels with 4 given faces")
    _print_growth("MP", args.megapixels, lambda size: _cost(model, settings, size, 4))
    print("megapixels with the embedded detector")
    _print_growth("MP", args.megapixels, lambda size: _cost(model, settings, size, None))
    print("megapixels in tiles")
    in_tiles = replace(settings, scope="picture")
    _print_growth("MP", args.megapixels, lambda size: _cost(model, in_tiles, size, None))


def _cost(model: GPENModel, settings: RestoreSettings, megapixels: float, faces: int | None) -> tuple[float, float]:
    """CPU seconds of the network and of everything else."""
    picture = made_up_picture(megapixels, seed=next(_seeds))  # never the same twice, or it would be remembered
    given = None if faces is None else GivenFaces(made_up_faces(faces, *picture.shape[:2], size=100.0))
    detector = given or make_detector("embedded")
    seconds = profile(lambda: gpen_core.restore(picture, model, settings, detector=detector))
    network = seconds.pop("network", 0.0)
    return network, sum(seconds.values())


def _print_growth(unit: str, amounts: Sequence[float], cost: Callable[[Any], tuple[float, float]]) -> None:
    print(f"  {unit:>6}  network s  other s  other s per {unit}  exponent of other since the line before")
    last: tuple[float, float] | None = None
    for amount in amounts:
        network, other = cost(amount)
        slope = math.log(other / last[1]) / math.log(amount / last[0]) if last else math.nan
        print(f"  {amount:6g}  {network:9.3f}  {other:7.3f}  {other / amount:15.4f}  {slope:8.2f}", flush=True)
        last = amount, other


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(required=True)
    shares = subparsers.add_parser("shares", help="each phase as a share of the network's time")
    shares.add_argument("picture", type=Path)
    shares.add_argument("--detector", default="auto")
    shares.add_argument("--size", type=int, default=512, choices=(256, 512, 1024))
    shares.add_argument("--scope", default="faces", choices=("faces", "both"))
    shares.add_argument("--faces", type=int, help="at most so many")
    shares.set_defaults(func=report_shares)
    growth = subparsers.add_parser("growth", help="cost against faces and megapixels")
    growth.add_argument("--faces", type=int, nargs="+", default=[1, 4, 16, 64])
    growth.add_argument("--megapixels", type=float, nargs="+", default=[1, 4, 16, 48])
    growth.add_argument("--room", type=float, default=4.0, help="megapixels of the picture that holds the faces")
    growth.set_defaults(func=report_growth)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    args.func(args)


if __name__ == "__main__":
    main()
