"""HEIC and AVIF: pixels, orientation, profile and EXIF, and what is said where they cannot be read."""

from __future__ import annotations

import importlib.util
import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms, features

from gpen_core.image import PictureError, find_pictures, read_picture, read_size
from gpen_core.image import decoding as decoding_module

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture() -> np.ndarray:
    """Four quarters of different colours, wider than high, so that turns and mirrorings show."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:16, :32], pixels[:16, 32:], pixels[16:, :32], pixels[16:, 32:] = (
        (200, 30, 30),
        (30, 200, 30),
        (30, 30, 200),
        (200, 200, 200),
    )
    return pixels


def camera(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "camera", orientation
    return exif


def encoded(kind: str, pixels: np.ndarray, orientation: int = 1, profile: bytes | None = None) -> bytes:
    """With the turn in the container, as phones write it, and in EXIF."""
    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    exif = camera(orientation).tobytes()
    if kind == "avif":
        image.save(buffer, "AVIF", quality=100, exif=exif, icc_profile=profile, subsampling="4:4:4")
    else:
        heif = pillow_heif.from_pillow(image)
        heif.info["exif"] = exif
        if profile:
            heif.info["icc_profile"], heif.info["icc_profile_type"] = profile, "prof"
        heif.save(buffer, quality=-1, chroma=444)
    return buffer.getvalue()


def written(folder: Path, kind: str, data: bytes) -> Path:
    path = folder / f"phone.{kind}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["heic", "avif"])
@pytest.mark.parametrize("orientation", [1, 2, 3, 6, 8])
def test_upright_once_with_its_profile_and_exif(tmp_path: Path, kind: str, orientation: int) -> None:
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    stored = Image.fromarray(picture())
    stored = np.asarray(stored.transpose(turn[orientation]) if orientation in turn else stored)
    found = read_picture(written(tmp_path, kind, encoded(kind, stored, orientation, PROFILE)))
    np.testing.assert_allclose(found.pixels.numpy() * 255, picture(), atol=4)
    assert (found.format, found.bits, found.grey, found.alpha) == (kind, 8, False, None)
    assert found.icc_profile == PROFILE
    assert found.exif is not None
    exif = Image.Exif()
    exif.load(found.exif)
    assert (exif[0x010F], exif.get(0x0112, 1)) == ("camera", 1)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_the_size_is_known_before_reading(tmp_path: Path, kind: str) -> None:
    assert read_size(written(tmp_path, kind, encoded(kind, picture()))) == picture().shape[1::-1]


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_alpha_is_read(tmp_path: Path, kind: str) -> None:
    alpha = np.full((32, 64), 128, np.uint8)
    found = read_picture(written(tmp_path, kind, encoded(kind, np.dstack([picture(), alpha]))))
    assert found.alpha is not None
    np.testing.assert_allclose(found.alpha.numpy() * 255, alpha, atol=2)


def test_10_bit_heic_keeps_its_depth(tmp_path: Path) -> None:
    samples = (np.linspace(0, 1023, 64 * 32).reshape(32, 64, 1).repeat(3, 2)).astype(np.uint16) << 6
    buffer = io.BytesIO()
    pillow_heif.encode("RGB;16", (64, 32), samples.tobytes(), buffer, quality=-1, chroma=444)
    found = read_picture(written(tmp_path, "heic", buffer.getvalue()))
    assert found.bits == 16
    assert len(np.unique(found.pixels.numpy()[..., 1])) > 300


def test_grey_heic(tmp_path: Path) -> None:
    found = read_picture(written(tmp_path, "heic", encoded("heic", picture()[..., 0])))
    assert found.grey
    np.testing.assert_allclose(found.pixels.numpy() * 255, picture()[..., :1].repeat(3, 2), atol=3)


def test_deep_avif_is_read_with_a_note(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    read_picture(written(tmp_path, "avif", encoded("avif", picture())))
    assert not caplog.records
    if not cv2.haveImageWriter("a.avif"):  # before 4.12
        pytest.skip("this OpenCV writes no AVIF")
    deep = cv2.imencode(".avif", picture().astype(np.uint16) * 4, [cv2.IMWRITE_AVIF_DEPTH, 10])[1].tobytes()
    assert read_picture(written(tmp_path, "avif", deep)).bits == 8
    assert "more than 8 bits per channel" in caplog.text


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_any_damage_is_a_picture_error_or_harmless(tmp_path: Path, kind: str) -> None:
    data = encoded(kind, picture(), 6, PROFILE)
    rng = np.random.default_rng(7)
    for number in range(40):
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 4):
            damaged[place] = int(rng.integers(0, 256))
        path = written(tmp_path, kind, bytes(damaged if number % 4 else data[: int(rng.integers(12, len(data)))]))
        try:
            assert read_picture(path).pixels.ndim == 3
        except PictureError as error:
            assert path.name in str(error)


@pytest.mark.parametrize("kind", ["heic", "avif"])
def test_too_large_picture_is_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding_module, "MAX_PIXELS", 1000)
    with pytest.raises(PictureError, match="too large: 64 x 32"):
        read_picture(written(tmp_path, kind, encoded(kind, picture())))


def test_reading_heic_changes_nothing_in_pillow(tmp_path: Path) -> None:
    Image.init()
    before = dict(Image.OPEN)
    read_picture(written(tmp_path, "heic", encoded("heic", picture())))
    assert before == Image.OPEN


@pytest.fixture
def without_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "pillow_heif" else find_spec(name, *rest)
    )
    monkeypatch.setattr(features, "check", lambda name: False)


@pytest.mark.parametrize(("kind", "advice"), [("heic", "install pillow-heif"), ("avif", "install --upgrade pillow")])
def test_without_its_package_it_is_said_what_to_install(
    tmp_path: Path, kind: str, advice: str, without_readers: None
) -> None:
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", kind.encode(), 0, b"mif1") + bytes(50)
    with pytest.raises(PictureError, match=f"phone.{kind} is of the kind {kind.upper()}(.|\n)*{advice}"):
        read_picture(written(tmp_path, kind, data))


def test_in_a_folder_they_are_pictures_like_others(tmp_path: Path) -> None:
    for name in ("a.HEIC", "b.heif", "c.avif", "d.jpg"):
        (tmp_path / name).touch()
    assert [found.path.name for found in find_pictures([tmp_path], False)] == ["a.HEIC", "b.heif", "c.avif", "d.jpg"]


def test_in_a_folder_without_their_packages_they_are_named(
    tmp_path: Path, without_readers: None, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("a.HEIC", "b.heif", "c.avif", "d.jpg"):
        (tmp_path / name).touch()
    assert [found.path.name for found in find_pictures([tmp_path], False)] == ["d.jpg"]
    (record,) = caplog.records
    assert str(tmp_path) in record.message and "1 .avif, 1 .heic, 1 .heif" in record.message
    assert "pip install pillow-heif" in record.message and "pip install --upgrade pillow" in record.message
