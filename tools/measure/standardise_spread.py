"""What standardising is worth: mean and spread of the quality of restored pictures, with and without it.

    python tools/measure/standardise_spread.py DATA [--pictures 24] [--model face-unet] [--sheet pictures.png]

DATA holds faces_val/hq/*.jpg, aligned sharp faces, and photos/*, whole pictures. Whole sharp pictures are made of them:
of odd sizes, faces off the centre and turned by up to 25 degrees in the picture, the aligned ones set into a photo.
What a user has of each is smaller, noisy and a JPEG, every third 1 to 3 stops too dark as well. All are restored with
strength 70 and mode natural: as they are, standardised to a short side of 1024 px, and with the exposure corrected
before that. PSNR and SSIM are those of the faces, at the size and in the place they have in the sharp picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import structural_similarity

import gpen_core
from gpen_core.faces import Face, FaceDetector, make_detector
from gpen_core.faces.aligned_crop import image_to_crop
from gpen_core.image.colour import linear_to_srgb, srgb_to_linear
from gpen_core.image.exposure import correct_exposure
from gpen_core.image.geometry import apply, crop_region
from gpen_core.image.resample import resize
from gpen_core.image.standardise import standardise
from gpen_core.image.warp import Pixels, Plane, warp
from gpen_core.restore.detection import find_faces
from gpen_core.restore.masks import face_mask
from gpen_core.template import template_points

WAYS = ("as degraded", "restored as it is", "standardised", "exposure, then standardised")
SETTINGS = gpen_core.RestoreSettings(strength=70.0, mode="natural")
_TURN = 25.0  # degrees
_ALIGNED = 512  # px


@dataclass(frozen=True)
class Scene:
    """A sharp picture, what a user has of it, and where the faces of the sharp one are."""

    name: str
    sharp: Pixels
    degraded: Pixels
    faces: Plane
    dark: bool


def read(path: Path) -> Pixels:
    return np.divide(np.asarray(Image.open(path).convert("RGB")), 255, dtype=np.float32)


def degrade(sharp: Pixels, stops: float, rng: np.random.Generator) -> Pixels:
    """Reduced 1.5 to 5 times, with noise, stored as JPEG; `stops` too dark."""
    linear = srgb_to_linear(torch.from_numpy(sharp)) * 0.5**stops
    factor = rng.uniform(1.5, 5.0)
    height, width = sharp.shape[:2]
    small = resize(linear_to_srgb(linear).numpy(), round(height / factor), round(width / factor))
    small = small + rng.normal(0.0, rng.uniform(0.0, 8.0) / 255.0, small.shape)
    levels = np.clip(np.rint(small * 255.0), 0, 255).astype(np.uint8)
    quality = int(rng.uniform(40, 90))
    _, data = cv2.imencode(".jpg", levels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert decoded is not None  # what was just encoded
    return np.divide(decoded[..., ::-1], 255, dtype=np.float32)


def face_region(faces: Sequence[Face], height: int, width: int) -> Plane:
    """1 on the faces, soft at their edges."""
    plane = np.zeros((height, width), np.float32)
    for face in faces:
        transform = image_to_crop(face.landmarks, _ALIGNED)
        region = crop_region(transform, _ALIGNED, height, width)
        if region.height > 0 and region.width > 0:
            mask, _ = face_mask(face, transform, _ALIGNED, region, SETTINGS.feather)
            plane[region.slices] = np.maximum(plane[region.slices], mask)
    return plane


def set_into(photo: Pixels, face: Pixels, rng: np.random.Generator) -> tuple[Pixels, Face]:
    """An aligned face somewhere in a photo cut to an odd size, and where it is."""
    height, width = (int(side) | 1 for side in rng.integers(350, 1300, 2))
    scale = max(height / photo.shape[0], width / photo.shape[1])
    scene = resize(photo, round(photo.shape[0] * scale) + 1, round(photo.shape[1] * scale) + 1)[:height, :width]
    side = min(height, width) * rng.uniform(0.4, 0.8)
    turn = np.radians(rng.uniform(-_TURN, _TURN))
    centre = np.array([rng.uniform(side / 2, width - side / 2), rng.uniform(side / 2, height - side / 2)])
    linear = side / _ALIGNED * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    matrix = np.column_stack([linear, centre - linear @ [_ALIGNED / 2, _ALIGNED / 2]])
    soft = np.zeros((_ALIGNED, _ALIGNED, 1), np.float32)
    soft[48:-48, 48:-48] = 1.0
    soft = cv2.GaussianBlur(soft, (0, 0), 10)[..., None].astype(np.float32)  # 0 at the border, so beyond it too
    opaque = warp(soft, matrix, height, width)
    scene = scene + opaque * (warp(face, matrix, height, width) - scene)
    landmarks = apply(matrix, template_points(_ALIGNED, "ffhq"))
    corners = apply(matrix, np.array([[110.0, 110.0], [400.0, 440.0]]))
    box = (float(corners[0, 0]), float(corners[0, 1]), float(corners[1, 0]), float(corners[1, 1]))
    return np.clip(scene, 0.0, 1.0).astype(np.float32), Face(box=box, landmarks=landmarks, score=1.0)


def turned(photo: Pixels, rng: np.random.Generator) -> Pixels:
    """A photo turned about its centre and cut to an odd size, off its centre."""
    height, width = photo.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-_TURN, _TURN), 1.0)
    cut = rng.integers(0, [height // 12, width // 12])
    return np.clip(warp(photo, np.asarray(turn, np.float64), height, width), 0, 1)[cut[0] :, cut[1] :].copy()


def make_scenes(data: Path, count: int, detector: FaceDetector) -> list[Scene]:
    """`count` pictures of aligned faces, and every photo that shows a face."""
    rng = np.random.default_rng(0)
    photos = {path.stem: read(path) for path in sorted((data / "photos").iterdir())}
    with_faces = {name: bool(find_faces(photo, detector)) for name, photo in photos.items()}
    empty = [photo for name, photo in photos.items() if not with_faces[name]]
    pictures: list[tuple[str, Pixels, list[Face]]] = []
    for path in sorted((data / "faces_val" / "hq").glob("*.jpg"))[:count]:
        sharp, face = set_into(empty[rng.integers(len(empty))], read(path), rng)
        pictures.append((path.stem, sharp, [face]))
    for name in sorted(name for name in photos if with_faces[name]):
        sharp = turned(photos[name], rng)
        pictures.append((name, sharp, find_faces(sharp, detector)))
    scenes = []
    for number, (name, sharp, faces) in enumerate(pictures):
        dark = number % 3 == 2
        degraded = degrade(sharp, rng.uniform(1.0, 3.0) if dark else 0.0, rng)
        scenes.append(Scene(name, sharp, degraded, face_region(faces, *sharp.shape[:2]), dark))
    return scenes


def results(scene: Scene, model: gpen_core.GPENModel, detector: FaceDetector) -> list[Pixels]:
    """The picture in each of the `WAYS`, at the size of the sharp one."""
    found = find_faces(scene.degraded, detector)
    exposed = correct_exposure(scene.degraded, face_region(found, *scene.degraded.shape[:2]))
    standard, both = standardise(scene.degraded).pixels, standardise(exposed).pixels
    restored = [restore(picture, model, detector) for picture in (scene.degraded, standard, both)]
    return [resize(picture, *scene.sharp.shape[:2]) for picture in (scene.degraded, *restored)]


def restore(picture: Pixels, model: gpen_core.GPENModel, detector: FaceDetector) -> Pixels:
    return gpen_core.restore(picture, model, SETTINGS, detector=detector).image.numpy()


def quality(scene: Scene, picture: Pixels) -> tuple[float, float]:
    """PSNR in dB and SSIM of the faces."""
    inside = scene.faces > 0.5
    error = np.square(picture - scene.sharp)[inside].mean()
    ssim = structural_similarity(scene.sharp, picture, channel_axis=2, data_range=1.0, full=True)[1]
    return float(-10.0 * np.log10(error)), float(np.asarray(ssim)[inside].mean())


def print_rows(title: str, numbers: NDArray[np.float64]) -> None:
    """numbers: (pictures, ways, 2)."""
    print(f"\n{title}, {len(numbers)} pictures          PSNR mean (spread)    SSIM mean (spread)")
    for way, values in zip(WAYS, numbers.swapaxes(0, 1), strict=True):
        (psnr, ssim), (psnr_spread, ssim_spread) = values.mean(axis=0), values.std(axis=0)
        print(f"  {way:28}  {psnr:5.2f} dB ({psnr_spread:4.2f})      {ssim:.3f} ({ssim_spread:.3f})")


def write_sheet(path: Path, rows: Sequence[Sequence[Pixels]]) -> None:
    """Each picture in a row: as degraded, in each way, sharp."""
    tile = 220
    sheet = Image.new("RGB", (tile * len(rows[0]), tile * len(rows)))
    for row, pictures in enumerate(rows):
        for column, pixels in enumerate(pictures):
            picture = Image.fromarray((pixels * 255 + 0.5).astype(np.uint8))
            picture.thumbnail((tile, tile))
            sheet.paste(picture, (column * tile, row * tile))
    sheet.save(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pictures", type=int, default=24, help="of aligned faces, besides the photos")
    parser.add_argument("--model", default="face-unet", help="file or name")
    parser.add_argument("--sheet", type=Path, help="write the pictures below each other")
    args = parser.parse_args()
    model, detector = gpen_core.load_model(args.model), make_detector("embedded")
    scenes = make_scenes(args.data, args.pictures, detector)
    numbers, rows = [], []
    for scene in scenes:
        pictures = results(scene, model, detector)
        numbers.append([quality(scene, picture) for picture in pictures])
        rows.append([*pictures, scene.sharp])
        shape, note = scene.degraded.shape[:2], "dark" if scene.dark else ""
        print(scene.name, shape, note, *(f"{psnr:.2f}" for psnr, _ in numbers[-1]), flush=True)
    table, dark = np.array(numbers), np.array([scene.dark for scene in scenes])
    print_rows("All", table)
    print_rows("Well exposed", table[~dark])
    print_rows("Too dark", table[dark])
    if args.sheet:
        write_sheet(args.sheet, rows)


if __name__ == "__main__":
    main()
