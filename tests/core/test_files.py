"""Reading a picture and writing what was made of it."""

from __future__ import annotations

import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import ExifTags, Image, ImageCms

from gpen_core.image import PictureError, PictureExistsError, PictureFile, read_picture, read_size, write_picture
from gpen_core.image.png import png_bytes

RNG = np.random.default_rng(1)
RGB = RNG.integers(0, 256, (40, 30, 3), dtype=np.uint8)
RGB_16 = RNG.integers(0, 65536, (40, 30, 3), dtype=np.uint16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]


def plain(**changes) -> PictureFile:
    like = PictureFile(
        torch.zeros(40, 30, 3), alpha=None, bits=8, grey=False, icc_profile=None, exif=None, format="png"
    )
    return replace(like, **changes)


def pixels_of(samples: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(samples.astype(np.float32) / np.iinfo(samples.dtype).max)


def opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        image.load()
        return image


def camera_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "camera"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.IFD.Exif] = {
        ExifTags.Base.DateTimeOriginal: "2001:02:03 04:05:06",
        ExifTags.Base.MakerNote: bytes(range(200)),
    }
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N"}
    return exif


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_untouched_png_survives_bit_for_bit(tmp_path: Path, dtype: type[np.uint8 | np.uint16], channels: int) -> None:
    samples = RNG.integers(0, np.iinfo(dtype).max, (40, 30, channels), endpoint=True).astype(dtype)
    (tmp_path / "a.png").write_bytes(png_bytes(samples))
    first = read_picture(tmp_path / "a.png")
    write_picture(tmp_path / "b.png", first.pixels, first, "png")
    second = read_picture(tmp_path / "b.png")
    assert torch.equal(first.pixels, second.pixels)
    assert (second.bits, second.grey) == (8 * samples.itemsize, channels < 3)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize(("channels", "mode"), [(1, "L"), (2, "LA"), (3, "RGB"), (4, "RGBA")])
def test_png_is_what_pillow_reads(channels: int, mode: str) -> None:
    smooth = np.add.outer(np.arange(200), np.arange(150))[..., None] * np.arange(1, channels + 1) // 3
    samples = (smooth + RNG.integers(0, 3, smooth.shape)).astype(np.uint8)  # every filter is chosen somewhere
    image = Image.open(io.BytesIO(png_bytes(samples)))
    assert image.mode == mode
    np.testing.assert_array_equal(np.asarray(image).reshape(samples.shape), samples)


def test_png_rows_follow_from_the_row_above_across_blocks() -> None:
    steps = RNG.integers(-1, 2, (200, 50, 3))
    steps[0] = RNG.integers(0, 256, (50, 3))  # neighbours in a row have nothing in common
    samples = steps.cumsum(axis=0).astype(np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png_bytes(samples)))), samples)


def test_values_are_rounded_and_clamped(tmp_path: Path) -> None:
    pixels = torch.tensor([[[99.6, 99.4, -40.0], [300.0, 255.0, 0.4]]]) / 255
    write_picture(tmp_path / "a.png", pixels, None, "png")
    np.testing.assert_array_equal(np.asarray(opened(tmp_path / "a.png")), [[[100, 99, 0], [255, 255, 0]]])


def test_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="precision fp32"):
        write_picture(tmp_path / "a.png", torch.full((4, 4, 3), torch.nan), None, "png")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format", ["png", "jpeg"])
@pytest.mark.parametrize("grey_pixels", [True, False])
def test_grey_source_gives_a_grey_file_while_pixels_are_grey(tmp_path: Path, format, grey_pixels: bool) -> None:
    pixels = pixels_of(np.dstack([RGB[..., 0]] * 3) if grey_pixels else RGB)
    path = tmp_path / ("a.png" if format == "png" else "a.jpg")
    write_picture(path, pixels, plain(grey=True), format)
    assert opened(path).mode == ("L" if grey_pixels else "RGB")


def test_grey_pixels_of_a_colour_source_give_a_colour_file(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", torch.full((4, 4, 3), 0.5), plain(), "png")
    assert opened(tmp_path / "a.png").mode == "RGB"


def test_grey_profile_is_left_out_of_a_colour_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_picture(tmp_path / "a.png", pixels_of(RGB), plain(grey=True, icc_profile=GREY_PROFILE), "png")
    assert read_picture(tmp_path / "a.png").icc_profile is None
    assert "ICC profile" in caplog.text


def test_jpeg_of_a_16_bit_source_has_8_bits(tmp_path: Path) -> None:
    write_picture(tmp_path / "a.jpg", pixels_of(RGB_16), plain(bits=16), "jpeg", quality=100)
    np.testing.assert_allclose(np.asarray(opened(tmp_path / "a.jpg")), RGB_16 / 257, atol=4)


def test_jpeg_has_transparent_parts_on_white(tmp_path: Path) -> None:
    alpha = torch.zeros(16, 16)
    alpha[:, 8:] = 1
    write_picture(tmp_path / "a.jpg", torch.zeros(16, 16, 3), plain(alpha=alpha), "jpeg")
    row = np.asarray(opened(tmp_path / "a.jpg"))[8, [2, 13], 0]
    np.testing.assert_allclose(row, [255, 0], atol=3)


@pytest.mark.parametrize(("quality", "factors"), [(95, (1, 1)), (90, (1, 1)), (80, (2, 2))])
def test_jpeg_colours_are_halved_only_below_quality_90(tmp_path: Path, quality: int, factors: tuple[int, int]) -> None:
    write_picture(tmp_path / "a.jpg", pixels_of(RGB), None, "jpeg", quality=quality)
    luma = next(layer for layer in opened(tmp_path / "a.jpg").layer if layer[0] == 1)  # type: ignore[attr-defined]
    assert luma[1:3] == factors


def test_too_wide_jpeg_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="Save it as PNG"):
        write_picture(tmp_path / "a.jpg", torch.zeros(1, 65501, 3), None, "jpeg")


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize(("format", "suffix"), [("png", ".png"), ("jpeg", ".jpg")])
def test_icc_profile_is_kept(tmp_path: Path, format, suffix: str, bits) -> None:
    path = tmp_path / f"a{suffix}"
    write_picture(path, pixels_of(RGB), plain(icc_profile=SRGB, bits=bits), format)
    assert opened(path).info["icc_profile"] == SRGB


@pytest.mark.parametrize(("format", "suffix"), [("png", ".png"), ("jpeg", ".jpg")])
@pytest.mark.parametrize("source", [".jpg", ".png", ".webp", ".tif"])
def test_exif_is_kept_and_says_upright(tmp_path: Path, source: str, format, suffix: str) -> None:
    Image.fromarray(RGB).save(tmp_path / f"in{source}", exif=camera_exif(6).tobytes())
    picture = read_picture(tmp_path / f"in{source}")
    assert picture.pixels.shape == (30, 40, 3)
    write_picture(tmp_path / f"out{suffix}", picture.pixels, picture, format)
    exif = opened(tmp_path / f"out{suffix}").getexif()
    assert exif[ExifTags.Base.Make] == "camera"
    assert exif.get(ExifTags.Base.Orientation, 1) == 1
    assert exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] == "2001:02:03 04:05:06"
    assert exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitudeRef] == "N"


def test_layout_tags_of_a_tiff_do_not_become_exif(tmp_path: Path) -> None:
    Image.fromarray(RGB).save(tmp_path / "in.tif", exif=camera_exif(1).tobytes())
    picture = read_picture(tmp_path / "in.tif")
    assert picture.exif is not None
    exif = Image.Exif()
    exif.load(picture.exif)
    assert ExifTags.Base.StripOffsets not in exif and ExifTags.Base.ImageWidth not in exif


def test_exif_keeps_every_other_byte(tmp_path: Path) -> None:
    stored = camera_exif(8).tobytes()
    Image.fromarray(RGB).save(tmp_path / "in.jpg", exif=stored)
    upright = read_picture(tmp_path / "in.jpg").exif
    assert upright is not None
    changed = [i for i, (old, new) in enumerate(zip(stored[6:], upright, strict=True)) if old != new]
    assert len(changed) == 1 and (stored[6:][changed[0]], upright[changed[0]]) == (8, 1)


def test_thumbnail_of_the_old_picture_is_left_out(tmp_path: Path) -> None:
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00"  # orientation 3
    exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + entry + b"\x1a\0\0\0" + b"\x01\0" + entry + bytes(4)
    Image.fromarray(RGB).save(tmp_path / "in.jpg", exif=exif)
    upright = read_picture(tmp_path / "in.jpg").exif
    assert upright is not None and upright[22:26] == bytes(4)


def test_too_long_exif_is_left_out_of_jpeg(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_picture(tmp_path / "a.jpg", pixels_of(RGB), plain(exif=bytes(65528)), "jpeg")
    assert "exif" not in opened(tmp_path / "a.jpg").info
    assert "too long" in caplog.text


def wide_gamut_profile(size: int) -> bytes:
    """sRGB with red and green exchanged, so that a conversion shows, and as many bytes as asked for."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(int.from_bytes(profile[128:132], "big")):
        entry = 132 + 12 * number
        if profile[entry : entry + 4] in (b"rXYZ", b"gXYZ"):
            profile[entry] = profile[entry] ^ ord("r") ^ ord("g")
    profile += np.random.default_rng(1).integers(0, 256, size - len(profile), dtype=np.uint8).tobytes()
    profile[:4] = size.to_bytes(4, "big")
    return bytes(profile)


@pytest.mark.parametrize("bits", [8, 16])
def test_png_of_a_picture_with_a_huge_profile_opens_in_pillow_and_looks_the_same(
    tmp_path: Path, bits, caplog: pytest.LogCaptureFixture
) -> None:
    like = plain(bits=bits, icc_profile=wide_gamut_profile(1 << 20))
    pixels = torch.tensor([1.0, 0.5, 0.0]).expand(4, 5, 3)
    write_picture(tmp_path / "a.png", pixels, like, "png")
    with Image.open(tmp_path / "a.png") as image:
        image.load()
        assert "icc_profile" not in image.info
        np.testing.assert_allclose(image.getpixel((2, 2)), (128, 255, 0), atol=2)
    assert "too large for such a file: colours are converted to sRGB" in caplog.text


def test_largest_profile_that_png_readers_accept_is_kept(tmp_path: Path) -> None:
    profile = wide_gamut_profile((1 << 20) - 1)
    write_picture(tmp_path / "a.png", torch.rand(4, 5, 3), plain(icc_profile=profile), "png")
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["icc_profile"] == profile


def test_jpeg_keeps_a_huge_profile(tmp_path: Path) -> None:
    profile = wide_gamut_profile(3 << 20)
    write_picture(tmp_path / "a.jpg", torch.rand(4, 5, 3), plain(icc_profile=profile), "jpeg")
    assert read_picture(tmp_path / "a.jpg").icc_profile == profile


def test_jpeg_converts_what_no_jpeg_can_hold(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    like = plain(icc_profile=wide_gamut_profile(17 << 20))
    write_picture(tmp_path / "a.jpg", torch.rand(4, 5, 3), like, "jpeg")
    assert read_picture(tmp_path / "a.jpg").icc_profile is None
    assert "converted to sRGB" in caplog.text


def test_a_huge_profile_that_is_none_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pixels = torch.rand(4, 5, 3)
    write_picture(tmp_path / "a.png", pixels, plain(bits=16, icc_profile=bytes(2 << 20)), "png")
    written = read_picture(tmp_path / "a.png")
    assert written.bits == 16 and torch.allclose(written.pixels, pixels, atol=1e-4)
    assert "cannot be used" in caplog.text


def test_names_need_not_be_ascii(tmp_path: Path) -> None:
    folder = tmp_path / "家族 фото"
    folder.mkdir()
    (folder / "été 夏.png").write_bytes(png_bytes(RGB_16))
    picture = read_picture(folder / "été 夏.png")
    write_picture(folder / "ほほえみ.png", picture.pixels, picture, "png")
    assert torch.equal(read_picture(folder / "ほほえみ.png").pixels, pixels_of(RGB_16))


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="There is no file"):
        read_picture(tmp_path / "absent.png")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    with pytest.raises(PictureError, match=r"empty.png is empty"):
        read_picture(tmp_path / "empty.png")


def test_folder_instead_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="is a folder"):
        read_picture(tmp_path)


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.png").write_bytes(b"hidden")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PictureError, match="cannot be read: Permission denied"):
        read_picture(tmp_path / "a.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.png")
    with pytest.raises(PictureError, match="is a pipe or a device"):
        read_picture(tmp_path / "a.png")


def test_a_file_beyond_all_pictures_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(3 << 30)  # takes no room on the disk
    with pytest.raises(PictureError, match=r"has 3\.2 GB; pictures of up to 2\.1 GB are read"):
        read_picture(tmp_path / "a.png")


def test_existing_file_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    with pytest.raises(PictureExistsError, match="already exists"):
        write_picture(tmp_path / "a.png", pixels_of(RGB), None, "png")
    assert (tmp_path / "a.png").read_text() == "mine"


def test_existing_file_is_overwritten_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("mine")
    write_picture(tmp_path / "a.png", pixels_of(RGB), None, "png", overwrite=True)
    assert torch.equal(read_picture(tmp_path / "a.png").pixels, pixels_of(RGB))


def test_file_that_appears_while_writing_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: (tmp_path / "a.png").write_text("theirs"))
    with pytest.raises(PictureExistsError):
        write_picture(tmp_path / "a.png", pixels_of(RGB), None, "png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]
    assert (tmp_path / "a.png").read_text() == "theirs"


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("format", ["png", "jpeg"])
def test_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, format, failure: BaseException
) -> None:
    path = tmp_path / ("a.png" if format == "png" else "a.jpg")
    path.write_text("old")
    seen = []

    def fail(_: int) -> None:
        seen.extend(part.stat().st_size for part in tmp_path.glob("*.part"))
        raise failure

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(PictureError if isinstance(failure, OSError) else KeyboardInterrupt):
        write_picture(path, pixels_of(RGB), None, format, overwrite=True)
    assert len(seen) == 1 and seen[0] > 0  # it was being written
    assert [found.name for found in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


def test_absent_folder(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="There is no folder"):
        write_picture(tmp_path / "absent" / "a.png", pixels_of(RGB), None, "png")
    assert not (tmp_path / "absent").exists()


def test_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:  # the administrator may write anywhere: file modes prove nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(PictureError, match="cannot be written: Permission denied"):
        write_picture(tmp_path / "a.png", pixels_of(RGB), None, "png")


def test_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(PictureError, match="is a folder"):
        write_picture(tmp_path / "a.png", pixels_of(RGB), None, "png", overwrite=True)


@pytest.mark.parametrize(("name", "format"), [("a.jpg", "png"), ("a.png", "jpeg"), ("a", "png")])
def test_name_must_fit_the_format(tmp_path: Path, name: str, format) -> None:
    with pytest.raises(PictureError, match="is no name for"):
        write_picture(tmp_path / name, pixels_of(RGB), None, format)


@pytest.mark.parametrize("quality", [0, 101])
def test_impossible_quality(tmp_path: Path, quality: int) -> None:
    with pytest.raises(ValueError, match="quality"):
        write_picture(tmp_path / "a.jpg", pixels_of(RGB), None, "jpeg", quality=quality)


def test_alpha_of_another_size(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="resize"):
        write_picture(tmp_path / "a.png", pixels_of(RGB), plain(alpha=torch.ones(20, 15)), "png")


def test_batch_dimension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\(H, W, 3\)"):
        write_picture(tmp_path / "a.png", torch.zeros(1, 4, 4, 3), None, "png")


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_the_size_is_known_without_the_pixels(tmp_path: Path, format: str) -> None:
    whole, begun = tmp_path / "whole", tmp_path / "begun"
    Image.effect_noise((400, 300), 60).convert("RGB").save(whole, format)
    assert read_size(whole) == (400, 300)
    if format in ("PNG", "JPEG", "BMP"):  # the others say where things are at their end, or how long they are
        begun.write_bytes(whole.read_bytes()[:2000])
        assert read_size(begun) == (400, 300)
        with pytest.raises(PictureError, match="damaged"):
            read_picture(begun)


def test_a_file_without_a_size_is_refused_as_it_is_in_reading(tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("no picture")
    for name in ("empty.png", "text.png", "missing.png", "."):
        with pytest.raises(PictureError) as of_size:
            read_size(tmp_path / name)
        with pytest.raises(PictureError) as of_reading:
            read_picture(tmp_path / name)
        assert str(of_size.value) == str(of_reading.value)
