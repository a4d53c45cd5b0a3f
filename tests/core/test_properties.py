"""What holds for any input: geometry, tiling, settings, selection, and readers of foreign bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from faces import made_up_face
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpen_core import FaceChoice, GPENError, RestoreSettings
from gpen_core.checkpoints import read_state_dict
from gpen_core.errors import CheckpointError
from gpen_core.faces.selection import ORDERS, choose_faces, number_faces
from gpen_core.image import PictureError, read_picture
from gpen_core.image.geometry import apply, compose, invert, pixel_scaling, scale_of
from gpen_core.image.png import png_bytes
from gpen_core.image.png_chunks import split_profile
from gpen_core.image.tiling import TileLayout

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
