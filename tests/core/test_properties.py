"""What holds for any input: geometry, tiling, blending, settings, selection, and readers of foreign bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from faces import made_up_face, noise_picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpen_core import FaceChoice, GPENError, RestoreSettings
from gpen_core.checkpoints import read_state_dict
from gpen_core.errors import CheckpointError
from gpen_core.faces import Face, FaceCrop
from gpen_core.faces.aligned_crop import image_to_crop
from gpen_core.faces.selection import ORDERS, choose_faces, number_faces
from gpen_core.finish.protection import keep_original
from gpen_core.image import PictureError, read_picture
from gpen_core.image.geometry import apply, compose, invert, pixel_scaling, scale_of
from gpen_core.image.png import png_bytes
from gpen_core.image.png_chunks import split_profile
from gpen_core.image.tiling import TileLayout
from gpen_core.restore.blending import paste_faces

# The same examples in every run; no deadline, because machines differ.
settings.register_profile(
    "steady",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("steady")

numbers = st.floats(-1e4, 1e4)


@st.composite
def similarities(draw: st.DrawFn) -> np.ndarray:
    """(2, 3) transforms that turn, scale and move."""
    angle, scale = draw(st.floats(-3.2, 3.2)), draw(st.floats(0.05, 20))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[cosine, -sine, draw(numbers)], [sine, cosine, draw(numbers)]])


@given(similarities(), similarities(), st.lists(st.tuples(numbers, numbers), min_size=1, max_size=5))
def test_transforms_invert_and_compose(first: np.ndarray, then: np.ndarray, points: list[tuple[float, float]]) -> None:
    given_points = np.array(points)
    np.testing.assert_allclose(apply(invert(first), apply(first, given_points)), given_points, atol=1e-5)
    both = apply(compose(first, then), given_points)
    np.testing.assert_allclose(both, apply(then, apply(first, given_points)), rtol=1e-6, atol=1e-5)
    np.testing.assert_allclose(scale_of(compose(first, then)), scale_of(first) * scale_of(then), rtol=1e-6)


@given(st.integers(1, 5000), st.floats(0.01, 50))
def test_a_resized_picture_keeps_its_edges(width: int, scale: float) -> None:
    edges = np.array([[-0.5, -0.5], [width - 0.5, -0.5]])
    moved = apply(pixel_scaling(scale, 1.0), edges)[:, 0]
    np.testing.assert_allclose(moved, [-0.5, width * scale - 0.5], rtol=1e-9, atol=1e-9)


@given(st.integers(1, 150), st.integers(1, 150), st.integers(1, 70), st.data())
def test_tiles_give_the_picture_back(height: int, width: int, size: int, data: st.DataObject) -> None:
    layout = TileLayout(height, width, size, data.draw(st.integers(0, size - 1)))
    picture = np.random.default_rng(height).random((height, width, 1), np.float32)
    total = np.zeros_like(picture)
    for tile in layout:
        pixels = layout.cut(picture, tile)
        assert pixels.shape == (size, size, 1)
        layout.add(total, tile, pixels)
    np.testing.assert_allclose(total, picture, atol=1e-5)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_a_mask_gives_values_between_both_pictures(low: float, high: float, share: float, seed: int) -> None:
    shape = (7, 9, 3)
    first, second = (noise_picture(*shape[:2], seed + number) * np.float32(high) for number in range(2))
    keep = np.random.default_rng(seed).uniform(low * share, share, shape[:2]).astype(np.float32)
    keep[0], keep[1] = 0.0, 1.0
    blended = keep_original(first, second, keep)
    assert np.array_equal(blended[0], second[0]) and np.array_equal(blended[1], first[1])
    assert (blended >= np.minimum(first, second) - 1e-6).all()
    assert (blended <= np.maximum(first, second) + 1e-6).all()


@st.composite
def pasted(draw: st.DrawFn) -> tuple[list[FaceCrop], list[float]]:
    """Crops of one colour each, of faces that are not softened, anywhere in and around 96 x 128 px; and strengths."""
    crops, strengths = [], []
    for _ in range(draw(st.integers(0, 3))):
        face = _turned(draw(st.floats(-20, 150)), draw(st.floats(-20, 120)), draw(st.floats(64, 120)), draw(angles))
        colour = np.array(draw(st.tuples(*[st.floats(0, 1)] * 3)), np.float32)
        pixels = np.broadcast_to(colour, (32, 32, 3)).copy()
        crops.append(FaceCrop(face=face, pixels=pixels, image_to_crop=image_to_crop(face.landmarks, 32)))
        strengths.append(draw(st.sampled_from([0.0, 1.0]) | st.floats(0, 1)))
    return crops, strengths


angles = st.floats(-3.2, 3.2)


def _turned(x: float, y: float, size: float, angle: float) -> Face:
    face = made_up_face(x, y, size)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return replace(face, landmarks=(face.landmarks - (x, y)) @ turn + (x, y))


@given(pasted(), st.floats(0, 1))
def test_pasted_faces_stay_between_picture_and_crops(drawn: tuple[list[FaceCrop], list[float]], feather: float) -> None:
    crops, strengths = drawn
    before = noise_picture(96, 128)
    after = before.copy()
    mask = paste_faces(after, crops, strengths, feather)
    assert mask.shape == (96, 128) and mask.min() >= 0.0 and mask.max() <= 1.0
    assert np.array_equal(after[mask == 0.0], before[mask == 0.0])
    if not any(strengths):
        assert not mask.any()
    colours = np.stack([before, *(np.broadcast_to(crop.pixels[0, 0], before.shape) for crop in crops)])
    assert (after >= colours.min(axis=0) - 1e-5).all() and (after <= colours.max(axis=0) + 1e-5).all()


@given(pasted(), st.floats(0, 1))
def test_more_strength_brings_every_pixel_nearer_to_the_crop(
    drawn: tuple[list[FaceCrop], list[float]], feather: float
) -> None:
    crops = drawn[0][:1]
    before, target = noise_picture(96, 128), crops[0].pixels[0, 0] if crops else np.zeros(3, np.float32)
    last = np.abs(before - target)
    for strength in (0.0, 0.25, 0.7, 1.0):
        after = before.copy()
        paste_faces(after, crops, [strength] * len(crops), feather)
        distance = np.abs(after - target)
        assert (distance <= last + 1e-5).all()
        last = distance


@given(
    st.dictionaries(
        st.sampled_from(["strength", "denoise", "sharpen", "contrast", "brightness", "feather", "lens_strength"]),
        st.floats(allow_nan=True, allow_infinity=True),
    ),
    st.integers(-10, 5000),
    st.integers(-10, 3000),
)
def test_settings_are_in_their_range_or_refused(values: dict[str, float], tile_size: int, overlap: int) -> None:
    try:
        made = RestoreSettings(tile_size=tile_size, overlap=overlap, **values)  # pyright: ignore[reportArgumentType]
    except GPENError as error:
        assert "must be" in str(error)
        return
    assert all(0.0 <= getattr(made, name) <= (1.0 if name == "feather" else 100.0) for name in values)
    assert 0 <= 2 * made.overlap <= made.tile_size


boxes = st.tuples(st.floats(-50, 700), st.floats(-50, 500), st.floats(1, 300), st.floats(0, 1))


@given(
    st.lists(boxes, max_size=6),
    st.sampled_from(ORDERS),
    st.none() | st.integers(0, 8),
    st.none() | st.lists(st.integers(0, 8), max_size=4).map(tuple),
    st.floats(0, 300),
    st.floats(0, 1),
)
def test_every_face_is_answered_for(
    given_boxes: list[tuple[float, float, float, float]],
    order: str,
    most: int | None,
    indices: tuple[int, ...] | None,
    min_size: float,
    min_score: float,
) -> None:
    faces = number_faces([made_up_face(x, y, size, score) for x, y, size, score in given_boxes])
    choice = FaceChoice(order, most, indices, min_size, min_score)  # pyright: ignore[reportArgumentType]
    chosen = choose_faces(faces, choice, 480, 640)
    assert sorted(entry.face.index for entry in chosen) == list(range(len(faces)))
    taken = [entry.face for entry in chosen if entry.skipped is None]
    assert most is None or len(taken) <= most
    assert indices is None or {face.index for face in taken} <= set(indices)
    assert all(face.score >= min_score for face in taken)


@given(
    st.integers(1, 70),
    st.integers(1, 20),
    st.sampled_from([1, 2, 3, 4]),
    st.sampled_from([np.uint8, np.uint16]),
    st.binary(max_size=300),
)
def test_a_png_without_its_profile_is_the_same_picture(
    height: int, width: int, channels: int, dtype: type[np.uint8 | np.uint16], profile: bytes
) -> None:
    samples = np.random.default_rng(width).integers(0, 256, (height, width, channels)).astype(dtype)
    stripped, found = split_profile(png_bytes(samples, profile), "a.png")
    assert stripped == png_bytes(samples)
    assert found == (profile or None)


_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0\x08\0\0\0", b"MM\0*", b"II+\0\x08\0\0\0", b"BM")
_CONTAINERS = (b"\0\0\0\x18ftypheic", b"\0\0\0\x18ftypavif\0\0\0\0mif1", b"RIFF\x20\0\0\0WEBPVP8L", b"")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@given(st.sampled_from((*_HEADS, *_CONTAINERS)), st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_a_picture_error(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "foreign.png"
    path.write_bytes(head + rest)
    try:
        assert read_picture(path).pixels.ndim == 3
    except PictureError as error:
        assert "foreign.png" in str(error)


@given(
    st.sampled_from((b"PK\x03\x04", b"\x80\x02", b"\x80\x02}q\0.", b"\x10\0\0\0\0\0\0\0{", b"\x08\x06\x12", b"")),
    st.binary(max_size=200),
)
def test_any_bytes_are_weights_or_a_checkpoint_error(tmp_path: Path, head: bytes, rest: bytes) -> None:
    path = tmp_path / "foreign.pth"
    path.write_bytes(head + rest)
    try:
        assert read_state_dict(path)
    except CheckpointError as error:
        assert "foreign.pth" in str(error)
