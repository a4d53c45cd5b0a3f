"""Every kind of picture file a user may bring, made here by Pillow, numpy and struct."""

from __future__ import annotations

import io
import logging
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from gpen_core.image import PictureError, read_picture
from gpen_core.image import decoding as decoding_module

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (5, 7, 3), dtype=np.uint8)
RGB_16 = RNG.integers(0, 65536, (5, 7, 3), dtype=np.uint16)
GREY, GREY_16 = RGB[..., 0], RGB_16[..., 0]
ALPHA, ALPHA_16 = RGB[..., 1], RGB_16[..., 1]


def levels(values, bits: int = 8) -> np.ndarray:
    return (values.double().numpy() * (2**bits - 1)).round().astype(int)


def saved(folder: Path, image: Image.Image, suffix: str, **options) -> Path:
    path = folder / f"picture{suffix}"
    image.save(path, **options)
    return path


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_16(folder: Path, samples: np.ndarray, colour_type: int, *extra: bytes) -> Path:
    """A 16-bit PNG, without the code under test and without filters."""
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    header = struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0], 16, colour_type, 0, 0, 0)
    path = folder / "deep.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + b"".join(extra)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


def cmyk_profile() -> bytes:
    """A CMYK -> Lab profile (ICC.1, lut8Type) of a press whose cyan ink is red: no conversion by formula gives that."""
    identity = np.eye(3)
    corners = np.full((2, 2, 2, 2, 3), (0, 128, 128), np.uint8)  # black
    corners[0, 0, 0, 0] = (255, 128, 128)
    corners[1, 0, 0, 0] = (136, 208, 195)  # L 53, a 80, b 67: red
    ramp = bytes(range(256))
    lut = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + (identity * 65536).astype(">i4").tobytes()
    lut += ramp * 4 + corners.tobytes() + ramp * 3
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    text = b"text" + bytes(4) + b"test\0"
    described = b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags = {b"desc": described, b"cprt": text, b"wtpt": white, b"A2B0": lut}
    table, body = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">2I", 128 + 4 + 12 * len(tags) + len(body), len(tag))
        body += tag + bytes(-len(tag) % 4)
    header = bytearray(128)
    struct.pack_into(">I4sI4s4s4s", header, 0, 128 + len(table) + len(body), b"", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header[36:40] = b"acsp"
    struct.pack_into(">3i", header, 68, 63190, 65536, 54061)
    return bytes(header) + table + body


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp", ".webp"])
def test_rgb_is_read_exactly(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True} if suffix == ".webp" else {}
    picture = read_picture(saved(tmp_path, Image.fromarray(RGB), suffix, **options))
    np.testing.assert_array_equal(levels(picture.pixels), RGB)
    assert (picture.bits, picture.grey, picture.alpha) == (8, False, None)


@pytest.mark.parametrize(
    ("suffix", "name"), [(".png", "png"), (".jpg", "jpeg"), (".tif", "tiff"), (".bmp", "bmp"), (".webp", "webp")]
)
def test_format_is_told_by_the_content(tmp_path: Path, suffix: str, name: str) -> None:
    path = saved(tmp_path, Image.fromarray(RGB), suffix).rename(tmp_path / "picture.dat")
    assert read_picture(path).format == name


def test_pure_red_jpeg_is_red(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, Image.new("RGB", (16, 16), "red"), ".jpg"))
    np.testing.assert_allclose(picture.pixels.numpy(), np.broadcast_to([1, 0, 0], (16, 16, 3)), atol=2 / 255)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".bmp"])
def test_grey_is_repeated_and_remembered(tmp_path: Path, suffix: str) -> None:
    picture = read_picture(saved(tmp_path, Image.fromarray(GREY), suffix))
    np.testing.assert_array_equal(levels(picture.pixels), np.dstack([GREY] * 3))
    assert picture.grey


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    bits = GREY > 127
    picture = read_picture(saved(tmp_path, Image.fromarray(bits), ".png"))
    np.testing.assert_array_equal(picture.pixels[..., 0].numpy(), bits)
    assert picture.grey and picture.bits == 8


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
def test_rgba_gives_alpha(tmp_path: Path, suffix: str) -> None:
    options = {"lossless": True, "exact": True} if suffix == ".webp" else {}
    picture = read_picture(saved(tmp_path, Image.fromarray(np.dstack([RGB, ALPHA])), suffix, **options))
    assert picture.alpha is not None
    np.testing.assert_array_equal(levels(picture.alpha), ALPHA)
    np.testing.assert_array_equal(levels(picture.pixels), RGB)


def test_grey_with_alpha(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, Image.fromarray(np.dstack([GREY, ALPHA]), "LA"), ".png"))
    assert picture.grey and picture.alpha is not None
    np.testing.assert_array_equal(levels(picture.alpha), ALPHA)


def palette_picture() -> Image.Image:
    image = Image.fromarray((np.arange(12).reshape(3, 4) % 3).astype(np.uint8), "P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    return image


def test_palette(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, palette_picture(), ".png"))
    np.testing.assert_array_equal(picture.pixels[0, :3].numpy(), np.eye(3))
    assert picture.alpha is None and not picture.grey


def test_palette_with_transparency(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, palette_picture(), ".png", transparency=bytes([0, 128, 255])))
    assert picture.alpha is not None
    np.testing.assert_array_equal(levels(picture.alpha)[0, :3], [0, 128, 255])


def test_transparent_colour_gives_alpha(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, Image.fromarray(RGB), ".png", transparency=tuple(map(int, RGB[2, 3]))))
    assert picture.alpha is not None
    assert picture.alpha[2, 3] == 0 and picture.alpha.sum() == RGB[..., 0].size - 1


@pytest.mark.parametrize(("colour_type", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_16_bit_png_keeps_its_16_bits(tmp_path: Path, colour_type: int, channels: int) -> None:
    colour = GREY_16[..., None] if channels < 3 else RGB_16
    samples = colour if channels % 2 else np.dstack([colour, ALPHA_16])
    picture = read_picture(png_16(tmp_path, samples, colour_type))
    np.testing.assert_array_equal(levels(picture.pixels, 16), np.broadcast_to(colour, RGB.shape))
    assert (picture.bits, picture.grey) == (16, channels < 3)
    if channels % 2:
        assert picture.alpha is None
    else:
        assert picture.alpha is not None
        np.testing.assert_array_equal(levels(picture.alpha, 16), ALPHA_16)


@pytest.mark.parametrize(("colour_type", "colour"), [(0, GREY_16[..., None]), (2, RGB_16)])
def test_transparent_colour_of_16_bit_png(tmp_path: Path, colour_type: int, colour: np.ndarray) -> None:
    key = chunk(b"tRNS", colour[1, 2].astype(">u2").tobytes())
    picture = read_picture(png_16(tmp_path, colour, colour_type, key))
    assert picture.alpha is not None
    assert picture.alpha[1, 2] == 0 and picture.alpha.sum() == GREY.size - 1


@pytest.mark.parametrize("samples", [GREY_16, RGB_16, np.dstack([RGB_16, ALPHA_16])], ids=["grey", "rgb", "rgba"])
def test_16_bit_tiff_keeps_its_16_bits(tmp_path: Path, samples: np.ndarray) -> None:
    bgr = samples if samples.ndim == 2 else samples[..., [2, 1, 0, 3][: samples.shape[2]]]
    path = tmp_path / "deep.tif"
    path.write_bytes(cv2.imencode(".tif", bgr)[1].tobytes())
    picture = read_picture(path)
    assert (picture.bits, picture.grey) == (16, samples.ndim == 2)
    expected = np.dstack([samples] * 3) if samples.ndim == 2 else samples[..., :3]
    np.testing.assert_array_equal(levels(picture.pixels, 16), expected)


def test_cmyk_jpeg_without_profile(tmp_path: Path) -> None:
    picture = read_picture(saved(tmp_path, Image.new("CMYK", (16, 16), (255, 0, 0, 0)), ".jpg"))
    np.testing.assert_allclose(picture.pixels[8, 8].numpy(), [0, 1, 1], atol=3 / 255)


def test_cmyk_jpeg_goes_through_its_profile(tmp_path: Path) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    picture = read_picture(saved(tmp_path, image, ".jpg", icc_profile=cmyk_profile()))
    red, green, blue = picture.pixels[8, 8].tolist()
    assert red > 0.9 and green < 0.15 and blue < 0.15
    assert picture.icc_profile is None


def test_unusable_cmyk_profile_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    image = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    picture = read_picture(saved(tmp_path, image, ".jpg", icc_profile=b"no profile"))
    assert "profile of picture.jpg cannot be used" in caplog.text
    np.testing.assert_allclose(picture.pixels[8, 8].numpy(), [0, 1, 1], atol=3 / 255)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_rgb_profile_is_carried_and_not_applied(tmp_path: Path, suffix: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"lossless": True} if suffix == ".webp" else {}
    picture = read_picture(saved(tmp_path, Image.fromarray(RGB), suffix, icc_profile=profile, **options))
    assert picture.icc_profile == profile
    if suffix != ".jpg":
        np.testing.assert_array_equal(levels(picture.pixels), RGB)


def orientated(orientation: int) -> Image.Image:
    """What a camera held so stores when `RGB` is what it sees: the inverse of each turn in the Exif standard."""
    turn = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = Image.fromarray(RGB)
    return image.transpose(turn[orientation]) if orientation in turn else image


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied_once(tmp_path: Path, suffix: str, orientation: int) -> None:
    if suffix == ".tif":
        tags = ImageFileDirectory_v2()
        tags[0x0112] = orientation
        options = {"tiffinfo": tags}
    else:
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"exif": exif.tobytes(), "lossless": True}
    picture = read_picture(saved(tmp_path, orientated(orientation), suffix, **options))
    np.testing.assert_array_equal(levels(picture.pixels), RGB)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_16_bit_png(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.asarray(orientated(orientation)).astype(np.uint16) * 257
    picture = read_picture(png_16(tmp_path, stored, 2, chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))))
    np.testing.assert_array_equal(levels(picture.pixels, 16), RGB.astype(int) * 257)


def test_alpha_is_turned_with_the_pixels(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.dstack([RGB, ALPHA])).transpose(Image.Transpose.ROTATE_90)
    picture = read_picture(saved(tmp_path, image, ".png", exif=exif.tobytes()))
    assert picture.alpha is not None
    np.testing.assert_array_equal(levels(picture.alpha), ALPHA)


def test_damaged_exif_is_left_out_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = saved(tmp_path, Image.fromarray(RGB), ".png", exif=b"Exif\0\0II*\0\xff\xff\xff\x7f")
    assert read_picture(path).exif is None
    assert "EXIF data is damaged" in caplog.text


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
def test_first_picture_of_several_is_read_with_a_note(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"lossless": True} if suffix == ".webp" else {}
    others = [Image.fromarray(255 - RGB)]
    path = saved(tmp_path, Image.fromarray(RGB), suffix, save_all=True, append_images=others, **options)
    with caplog.at_level(logging.WARNING):
        picture = read_picture(path)
    np.testing.assert_array_equal(levels(picture.pixels), RGB)
    assert "holds 2 pictures" in caplog.text


def test_second_picture_in_a_jpeg_is_no_animation(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    others = [Image.fromarray(255 - RGB)]
    path = saved(tmp_path, Image.fromarray(RGB), ".jpg", format="MPO", save_all=True, append_images=others)
    assert read_picture(path).format == "jpeg"
    assert not caplog.records


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp", ".webp"])
@pytest.mark.parametrize("kept", [0.3, 0.7])
def test_truncated_file_is_refused(tmp_path: Path, suffix: str, kept: float) -> None:
    pixels = RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels), suffix)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(PictureError, match="damaged or incomplete"):
        read_picture(path)


def test_truncated_16_bit_png_is_refused(tmp_path: Path) -> None:
    path = png_16(tmp_path, RNG.integers(0, 65536, (64, 64, 3), dtype=np.uint16), 2)
    path.write_bytes(path.read_bytes()[:12000])
    with pytest.raises(PictureError, match="damaged or incomplete"):
        read_picture(path)


@pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL")
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp", ".webp"])
def test_any_damage_is_a_picture_error_or_harmless(tmp_path: Path, suffix: str) -> None:
    rng = np.random.default_rng(7)
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "camera", 6
    options = {} if suffix == ".bmp" else {"exif": exif.tobytes()}
    path = saved(tmp_path, Image.fromarray(RGB), suffix, **options)
    data = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(40):
        damaged = data.copy()
        damaged[rng.integers(4, len(data), 4)] = rng.integers(0, 256, 4)
        path.write_bytes(damaged.tobytes())
        try:
            assert read_picture(path).pixels.ndim == 3
        except PictureError as error:
            assert path.name in str(error)


@pytest.mark.parametrize("data", [b"hello, this is a letter", b"%PDF-1.7 " + bytes(50), b"GIF89a" + bytes(50)])
def test_other_files_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "letter.png"
    path.write_bytes(data)
    with pytest.raises(PictureError, match="letter.png is not a picture of an accepted format"):
        read_picture(path)


def float_tiff(samples: np.ndarray) -> bytes:
    return cv2.imencode(".tif", samples)[1].tobytes()


def test_tiff_of_logarithms_is_floating_point_too(tmp_path: Path) -> None:
    """What OpenCV wrote of three channels by default before 4.12."""
    log_luv = [cv2.IMWRITE_TIFF_COMPRESSION, 34676]
    path = tmp_path / "linear.tif"
    path.write_bytes(cv2.imencode(".tif", np.full((4, 5, 3), 0.5, np.float32), log_luv)[1].tobytes())
    with pytest.raises(PictureError, match=r"linear.tif stores floating-point values of 32 bits(.|\n)*Expected 8 or"):
        read_picture(path)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3)])
@pytest.mark.parametrize(("kind", "bits"), [(np.float32, 32), (np.float64, 64)])
def test_floating_point_tiff_is_refused_as_such(tmp_path: Path, shape: tuple[int, ...], kind: type, bits: int) -> None:
    path = tmp_path / "linear.tif"
    path.write_bytes(float_tiff(np.full(shape, 0.5, kind)))
    with pytest.raises(
        PictureError, match=f"linear.tif stores floating-point values of {bits} bits(.|\n)*Expected 8 or"
    ):
        read_picture(path)


def test_tiff_of_32_bit_integers_is_refused_as_such(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(np.ones((4, 5), np.int32)), ".tif")
    with pytest.raises(PictureError, match="32 bits per channel"):
        read_picture(path)


def webp_that_claims(width: int, height: int) -> bytes:
    """A WebP file of 8 x 8 px whose extended header (RFC 9649, section 2.7) says otherwise."""
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "WEBP", lossless=True)
    header = b"VP8X" + struct.pack("<I", 10) + bytes(4) + (width - 1).to_bytes(3, "little")
    body = header + (height - 1).to_bytes(3, "little") + buffer.getvalue()[12:]
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def test_webp_beyond_the_limit_is_refused_as_too_large(tmp_path: Path) -> None:
    path = tmp_path / "claim.webp"
    path.write_bytes(webp_that_claims(20000, 20000))
    with pytest.raises(PictureError, match="claim.webp is too large"):
        read_picture(path)


def big_profile(size: int) -> bytes:
    """A profile of sRGB with a description that does not compress."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile += np.random.default_rng(1).integers(0, 256, size - len(profile), dtype=np.uint8).tobytes()
    return struct.pack(">I", size) + profile[4:]


def png_with(folder: Path, *extra: bytes) -> Path:
    path = saved(folder, Image.fromarray(RGB), ".png")
    data = path.read_bytes()
    path.write_bytes(data[:33] + b"".join(extra) + data[33:])  # after the signature and IHDR
    return path


@pytest.mark.parametrize("size", [2000, 1 << 20, 3 << 20])
def test_png_with_a_large_profile_is_read_whole(tmp_path: Path, size: int) -> None:
    profile = big_profile(size)
    path = png_with(tmp_path, chunk(b"iCCP", b"scanner\0\0" + zlib.compress(profile)))
    picture = read_picture(path)
    np.testing.assert_array_equal(levels(picture.pixels), RGB)
    assert picture.icc_profile == profile


def test_16_bit_png_with_a_large_profile(tmp_path: Path) -> None:
    profile = big_profile(2 << 20)
    path = png_16(tmp_path, RGB_16, 2, chunk(b"iCCP", b"scanner\0\0" + zlib.compress(profile)))
    picture = read_picture(path)
    np.testing.assert_array_equal(levels(picture.pixels, 16), RGB_16)
    assert picture.icc_profile == profile


def test_png_with_a_large_text_is_read(tmp_path: Path) -> None:
    text = zlib.compress(b"workflow " * 400_000)
    path = png_with(tmp_path, chunk(b"zTXt", b"prompt\0\0" + text), chunk(b"iTXt", b"p\0\1\0\0\0" + text))
    np.testing.assert_array_equal(levels(read_picture(path).pixels), RGB)


@pytest.mark.parametrize(
    "data",
    [b"", b"no zero", b"name\0\0no zlib", b"name\0\0" + zlib.compress(bytes(100))[:-5]],
    ids=["empty", "no name", "no zlib", "cut"],
)
def test_png_with_a_damaged_profile_is_read_without_it(
    tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    picture = read_picture(png_with(tmp_path, chunk(b"iCCP", data)))
    np.testing.assert_array_equal(levels(picture.pixels), RGB)
    assert picture.icc_profile is None
    assert "profile of picture.png is damaged" in caplog.text


def test_a_profile_that_unpacks_without_end_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bomb = zlib.compress(bytes(100 << 20))
    assert read_picture(png_with(tmp_path, chunk(b"iCCP", b"bomb\0\0" + bomb))).icc_profile is None
    assert "too large" in caplog.text


def test_too_large_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(100))))
    with pytest.raises(PictureError, match="too large: 60000 x 60000"):
        read_picture(path)


def test_limit_is_ours_and_not_pillows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1)
    assert read_picture(saved(tmp_path, Image.fromarray(RGB), ".png")).pixels.shape == RGB.shape
    assert decoding_module.MAX_PIXELS > 200e6


def test_reading_leaves_no_file_open(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.fromarray(RGB), ".tif")
    read_picture(path)
    path.unlink()  # fails on Windows while the file is open
    assert not path.exists()


def test_a_tiff_beyond_the_limit_of_pillow_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scan.tif"
    Image.new("RGB", (40, 30)).save(path)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with pytest.raises(PictureError, match=r"scan\.tif is too large"):
        read_picture(path)
