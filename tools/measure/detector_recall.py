"""Counts the faces that each available detector finds and invents on a folder of pictures with known faces.

    python tools/measure/detector_recall.py DATA [--weights FOLDER] [--harder]

DATA holds the folders solvay, photos, ffhq and lq_crops; tests/golden/face_boxes.json says where their faces are.
--harder: all of them made smaller, blurred, noisy, dark and so on, one row for each.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from harder_pictures import VARIANTS, Box, Picture, moved
from PIL import Image

from gpen_core.checkpoints.folders import add_folder
from gpen_core.errors import GPENError
from gpen_core.faces import FaceDetector, make_detector
from gpen_core.faces.auto import DETECTORS

FACE_BOXES = Path(__file__).parents[2] / "tests" / "golden" / "face_boxes.json"
SAME_FACE_IOU = 0.4  # detectors disagree on how much of forehead and chin belongs to a face


@dataclass
class Count:
    """What a detector did in one folder. faces: how many are there. seconds: time of all pictures."""

    faces: int = 0
    found: int = 0
    invented: int = 0
    seconds: float = 0.0

    def add(self, boxes: list[Box], faces: list[Box], partial: list[Box]) -> None:
        """Count the boxes found in one picture. partial: faces that may be found or not."""
        left = list(faces)
        for box in boxes:
            if match := best_match(box, left):
                left.remove(match)
            elif not best_match(box, partial):
                self.invented += 1
        self.faces += len(faces)
        self.found += len(faces) - len(left)


def best_match(box: Box, faces: Sequence[Box]) -> Box | None:
    """The face that overlaps `box` most, if by enough to be the same."""
    face = max(faces, key=lambda one: overlap(box, one), default=None)
    return face if face is not None and overlap(box, face) >= SAME_FACE_IOU else None


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes."""
    sides = [max(0.0, min(a[i + 2], b[i + 2]) - max(a[i], b[i])) for i in (0, 1)]
    common = sides[0] * sides[1]
    return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common)


def measure(detector: FaceDetector, data: Path, *, harder: bool = False) -> dict[str, Count]:
    """Counts by folder, or by variant of the pictures made harder, over the pictures of the list that are there."""
    counts: dict[str, Count] = {}
    for name, picture, faces, partial in pictures(data, harder):
        count = counts.setdefault(name, Count())
        start = time.perf_counter()
        boxes: list[Box] = [face.box for face in detector.detect(picture)]
        count.seconds += time.perf_counter() - start
        count.add(boxes, faces, partial)
    return counts


def pictures(data: Path, harder: bool) -> Iterator[tuple[str, Picture, list[Box], list[Box]]]:
    """Row of the table, picture, its faces, and those that may be found or not."""
    known = json.loads(FACE_BOXES.read_text(encoding="utf-8"))
    for name, faces in known["faces"].items():
        if not (data / name).is_file():
            continue
        picture = np.asarray(Image.open(data / name).convert("RGB"))
        partial = known["partial"].get(name, [])
        if not harder:
            yield Path(name).parts[0], picture, faces, partial
            continue
        for variant, change in VARIANTS.items():
            changed, move = change(picture)
            yield variant, changed, [moved(box, move) for box in faces], [moved(box, move) for box in partial]


def main() -> None:
    """Print a table for every detector that can be made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--weights", type=Path, help="a folder with detector files, searched too")
    parser.add_argument("--harder", action="store_true", help="the pictures made smaller, blurred, noisy, dark ...")
    arguments = parser.parse_args()
    if arguments.weights:
        add_folder(arguments.weights)
    print(f"{'detector':16}{'folder':12}{'found':>10}{'invented':>10}{'seconds':>10}")
    for name in DETECTORS:
        try:
            detector = make_detector(name)
        except GPENError as error:
            print(f"{name:16}not available: {str(error).splitlines()[0]}")
            continue
        for folder, count in measure(detector, arguments.data, harder=arguments.harder).items():
            found = f"{count.found}/{count.faces}"
            print(f"{name:16}{folder:12}{found:>10}{count.invented:>10}{count.seconds:>10.2f}")


if __name__ == "__main__":
    main()
