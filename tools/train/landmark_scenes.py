"""Made-up pictures with known faces, to train the embedded face detector: people cut out and pasted, then degraded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from landmark_labels import Picture, Points
from numpy.typing import NDArray
from PIL import Image

from gpen_core.faces.face_window import WINDOW_CENTRE, face_size, mirror_points
from gpen_core.image.geometry import apply

_SIDE = 512  # px, of the labelled faces
_LEVELS = (256, 128, 64)  # px, of the reduced copies that are pasted

# Bundled with scikit-image and without a face; coins, gravel and astronaut are kept for the tests.
NEGATIVES = (
    "brick.png", "cell.png", "chelsea.png", "chessboard_GRAY.png", "clock_motion.png", "coffee.png", "grass.png",
    "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png", "page.png", "retina.jpg", "rocket.jpg",
    "text.png",
)  # fmt: skip
_FACE_LABELS = (1, 2, 3, 4, 5, 6, 7, 10, 11, 12)  # skin, nose, glasses, eyes, brows, mouth, lips


@dataclass(frozen=True, eq=False)
class Person:
    """A labelled face: copies (S, S, 4) uint8 of each level, RGB and the alpha of the person; points in 512 px.

    outside: RGB (256, 256, 3), and `free` (256, 256): where in it no part of the face is.
    """

    levels: tuple[NDArray[np.uint8], ...]
    points: Points
    free: NDArray[np.bool_]
    has_mask: bool


def load_person(face: Path, mask_file: Path, points: Points) -> Person:
    """One face with its parse mask; without one the person cannot be cut out."""
    picture = np.asarray(Image.open(face).convert("RGB"))
    if mask_file.exists():
        mask = np.asarray(Image.open(mask_file))
        alpha, free = (mask != 0).astype(np.uint8) * 255, ~np.isin(mask, _FACE_LABELS)
    else:
        alpha, free = np.full(picture.shape[:2], 255, np.uint8), np.zeros(picture.shape[:2], bool)
    rgba = np.dstack([picture, alpha])
    levels = tuple(cv2.resize(rgba, (side, side), interpolation=cv2.INTER_AREA).astype(np.uint8) for side in _LEVELS)
    small = cv2.resize(free.astype(np.uint8), (_LEVELS[0], _LEVELS[0]), interpolation=cv2.INTER_AREA) > 0
    return Person(levels, points, small, mask_file.exists())


def load_negatives() -> list[Picture]:
    """Pictures without faces that come with scikit-image, RGB."""
    import skimage.data

    folder = Path(skimage.data.__file__).parent
    return [np.asarray(Image.open(folder / name).convert("RGB")) for name in NEGATIVES]


class Scenes:
    """Draws backgrounds, scenes with several people, and single faces."""

    def __init__(self, people: list[Person], negatives: list[Picture]) -> None:
        self._people = people
        self._masked = [person for person in people if person.has_mask]
        self._negatives = negatives

    def background(self, side: int, rng: np.random.Generator) -> Picture:
        """(side, side, 3) without a face: a piece of a picture, or a collage of several."""
        scene = self._piece(side, rng)
        if rng.random() < 0.4:
            for _ in range(rng.integers(1, 8)):
                width, height = (int(v) for v in rng.integers(side // 8, side, 2))
                x, y = (int(rng.integers(0, side - v + 1)) for v in (width, height))
                scene[y : y + height, x : x + width] = self._piece(max(width, height), rng)[:height, :width]
        return scene

    def scene(self, side: int, rng: np.random.Generator) -> tuple[Picture, list[tuple[Points, bool]]]:
        """(side, side, 3) with up to five people of all sizes; their points and whether they are in clear view."""
        scene = self.background(side, rng)
        found: list[tuple[Points, bool]] = []
        for _ in range(rng.choice(6, p=(0.12, 0.2, 0.25, 0.2, 0.13, 0.1))):
            size = np.exp(rng.uniform(np.log(10), np.log(150))) if rng.random() < 0.3 else rng.uniform(15, 48)
            centre = rng.uniform(-0.1 * side, 1.1 * side, 2)
            points, alpha = self._paste(scene, float(size), centre, rng)
            found = [(p, clear and not _covered(p, alpha)) for p, clear in found]
            inside = ((points > 0) & (points < side - 1)).all(axis=1).sum()
            if inside:
                found.append((points, inside >= 4))
        return degrade(scene, rng), found

    def face(self, side: int, size: float, rng: np.random.Generator) -> tuple[Picture, Points]:
        """(side, side, 3) with one face of about `size` px near the middle, any roll up to 60 degrees."""
        scene = self.background(side, rng)
        if rng.random() < 0.3:  # somebody close by
            self._paste(scene, size * rng.uniform(0.7, 1.4), rng.uniform(0, side, 2), rng)
        points, _ = self._paste(scene, size, np.full(2, side / 2), rng)
        if rng.random() < 0.12:
            self._hide(scene, points, rng)
        return degrade(scene, rng), points

    def _hide(self, scene: Picture, points: Points, rng: np.random.Generator) -> None:
        """A hand, a hat or a microphone: something in front of up to a quarter of the face."""
        size = face_size(points)
        width, height = (max(2, int(v)) for v in rng.uniform(0.15, 0.6, 2) * size)
        x, y = (points.mean(axis=0) + rng.uniform(-0.6, 0.6, 2) * size - (width / 2, height / 2)).astype(int)
        piece = self._piece(max(width, height), rng)[:height, :width]
        top, left = max(y, 0), max(x, 0)
        hidden = scene[top : max(y + height, 0), left : max(x + width, 0)]
        hidden[:] = piece[: hidden.shape[0], : hidden.shape[1]]

    def _piece(self, side: int, rng: np.random.Generator) -> Picture:
        """A turned, scaled piece of a picture without faces, or of the surroundings of a face."""
        if rng.random() < 0.5:
            source = self._negatives[rng.integers(len(self._negatives))]
            scale = np.exp(rng.uniform(np.log(0.25), np.log(2.0)))
        else:
            source, scale = self._surroundings(rng), np.exp(rng.uniform(np.log(0.7), np.log(3.0)))
        if scale < 0.7:
            source = cv2.resize(source, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            scale = 1.0
        height, width = source.shape[:2]
        angle = rng.uniform(-180, 180) if rng.random() < 0.5 else 90.0 * rng.integers(4)
        matrix = cv2.getRotationMatrix2D((rng.uniform(0, width), rng.uniform(0, height)), angle, scale)
        matrix[:, 2] += side / 2 - matrix @ (width / 2, height / 2, 1) + rng.uniform(-0.4, 0.4, 2) * (width, height)
        return cv2.warpAffine(
            source, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        ).astype(np.uint8, copy=False)

    def _surroundings(self, rng: np.random.Generator) -> Picture:
        """The largest of some random rectangles of a picture that show no part of the face: hair, clothes, walls."""
        person = self._masked[rng.integers(len(self._masked))]
        side = _LEVELS[0]
        best = (slice(0, 24), slice(0, 24))
        best_area = 0
        for _ in range(12):
            x, y = rng.integers(0, side - 24, 2)
            w, h = rng.integers(24, 160, 2)
            window = (slice(y, min(y + h, side)), slice(x, min(x + w, side)))
            if w * h > best_area and person.free[window].all():
                best, best_area = window, w * h
        return np.ascontiguousarray(person.levels[0][best][:, :, :3])

    def _paste(
        self, scene: Picture, size: float, centre: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[Points, NDArray[np.float32]]:
        person = self._people[rng.integers(len(self._people))]
        scale = size / face_size(person.points)
        level = max(i for i in range(len(_LEVELS)) if i == 0 or _LEVELS[i] >= 0.75 * scale * _SIDE)
        reduction = _LEVELS[level] / _SIDE
        roll = np.clip(rng.normal(0, 18), -50, 50) if rng.random() < 0.8 else rng.uniform(-60, 60)
        stretch = np.exp(rng.normal(0, 0.05, 2))
        turn = np.array([[np.cos(a := np.radians(roll)), -np.sin(a)], [np.sin(a), np.cos(a)]])
        linear = turn @ np.diag(scale * stretch)
        mirror = rng.random() < 0.5
        points = person.points
        if mirror:
            points = mirror_points(points, _SIDE)
        forward = np.concatenate([linear, (centre - linear @ np.array(WINDOW_CENTRE))[:, None]], axis=1)
        from_level = np.concatenate([linear / reduction, forward[:, 2:]], axis=1)
        from_level[:, 2] += linear @ np.full(2, 0.5 / reduction - 0.5)
        source = person.levels[level][:, ::-1] if mirror else person.levels[level]
        shape = (scene.shape[1], scene.shape[0])
        warped = cv2.warpAffine(np.ascontiguousarray(source), from_level, shape, flags=cv2.INTER_LINEAR)
        cut_out = person.has_mask and rng.random() < 0.65
        if not cut_out:
            frame = np.full(source.shape[:2], 255, np.uint8)
            warped[:, :, 3] = cv2.warpAffine(frame, from_level, shape, flags=cv2.INTER_LINEAR)
        alpha = (warped[:, :, 3:] / 255).astype(np.float32)
        light = rng.uniform(0.75, 1.2) if rng.random() < 0.5 else 1.0
        pasted = np.clip(warped[:, :, :3] * light, 0, 255)
        scene[:] = (pasted * alpha + scene * (1 - alpha) + 0.5).astype(np.uint8)
        return apply(forward, points), alpha[:, :, 0]


def _covered(points: Points, alpha: NDArray[np.float32]) -> bool:
    """Whether a later paste covers some landmark."""
    x, y = np.clip(np.rint(points).astype(int), 0, np.array(alpha.shape[::-1]) - 1).T
    return bool((alpha[y, x] > 0.5).any())


def degrade(picture: Picture, rng: np.random.Generator) -> Picture:
    """Light, colour, blur, low resolution, noise and JPEG as in old and small photographs, of changing strength."""
    values = picture.astype(np.float32)
    if rng.random() < 0.4:
        values = np.repeat(values @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, axis=2)
    if rng.random() < 0.5:
        values = 255 * (values / 255) ** np.float32(np.exp(rng.normal(0, 0.3)))
    if rng.random() < 0.6:
        contrast, offset = rng.uniform(0.4, 1.3), rng.uniform(-35, 35)
        cast = rng.normal(0, 10, 3) if rng.random() < 0.5 else np.zeros(3)
        values = (values - 128) * np.float32(contrast) + (128 + offset + cast).astype(np.float32)
    height, width = picture.shape[:2]
    if rng.random() < 0.35:
        factor = rng.uniform(1.2, 3.0)
        size = (max(8, round(width / factor)), max(8, round(height / factor)))
        values = cv2.resize(cv2.resize(values, size, interpolation=cv2.INTER_AREA), (width, height))
    if rng.random() < 0.35:
        values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.3, 1.5))
    if rng.random() < 0.5:
        grain = (*values.shape[:2], 1) if rng.random() < 0.5 else values.shape
        values = values + rng.standard_normal(grain, np.float32) * np.float32(rng.uniform(1, 20))
    result = np.clip(values + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, data = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.uniform(25, 95))])
        decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
        assert decoded is not None  # what was just encoded
        result = decoded.astype(np.uint8, copy=False)
    return result
