"""Damaged files of every kind: read as what they are, or refused with an error that names them.

GPEN_FUZZ=20000 pytest tests/core/test_fuzz.py -rP       more damage than the tests do, and the counts

What is found becomes a test of its own in test_decoding.py, test_reader.py or their like.
"""

from __future__ import annotations

import io
import os
import pickle
import random
import struct
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import tiny_generator
from PIL import Image
from safetensors.torch import save

from gpen_core import CheckpointError, GPENError
from gpen_core.checkpoints import load_network
from gpen_core.image import PictureError, read_picture
from gpen_core.image.files import read_size

_TIMES = int(os.environ.get("GPEN_FUZZ", "150"))
_LONGEST = 20.0  # s of the processor for one file
_ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def _picture(format: str, mode: str = "RGB", **options: Any) -> bytes:
    values = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    if mode == "I;16":
        image = Image.fromarray(values[..., 0].astype(np.uint16) * 257)
    else:
        image = Image.fromarray(values).convert(mode)
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "turned"
    return exif.tobytes()


def _weights(**options: bool) -> bytes:
    stream = io.BytesIO()
    torch.save({"g_ema": tiny_generator(16).state_dict()}, stream, **options)
    return stream.getvalue()


def _raw_pickle() -> bytes:
    return pickle.dumps({"params": {"conv1.weight": [1.0, 2.0], "opt": ("adam", {1, 2})}}, protocol=2)


PICTURES: dict[str, Callable[[], bytes]] = {
    "png": lambda: _picture("PNG"),
    "png grey, 16 bits": lambda: _picture("PNG", "I;16"),
    "png with profile": lambda: _picture("PNG", "RGBA", icc_profile=bytes(200), exif=_exif()),
    "jpeg": lambda: _picture("JPEG", exif=_exif(), icc_profile=bytes(200)),
    "jpeg progressive, CMYK": lambda: _picture("JPEG", "CMYK", progressive=True),
    "webp": lambda: _picture("WEBP", exif=_exif()),
    "webp lossless": lambda: _picture("WEBP", "RGBA", lossless=True),
    "tiff": lambda: _picture("TIFF"),
    "tiff compressed": lambda: _picture("TIFF", compression="tiff_lzw"),
    "bmp": lambda: _picture("BMP"),
}
WEIGHTS: dict[str, Callable[[], bytes]] = {
    "safetensors": lambda: save(dict(tiny_generator(16).state_dict())),
    "zip archive": lambda: _weights(),
    "old archive": lambda: _weights(_use_new_zipfile_serialization=False),
    "pickle": _raw_pickle,
}


def damaged(content: bytes, chance: random.Random) -> bytes:
    """One to four changes: bits, bytes and numbers, often near the head; parts left out, doubled, put in."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4))):
        end = len(data) if chance.random() < 0.5 else min(len(data), 200)
        at = chance.randrange(max(end, 1))
        length = chance.choice((1, 4, 30, 500))
        change = chance.randrange(7)
        if change == 0 and data:
            data[min(at, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif change == 1:
            data[at : at + 1] = chance.randbytes(1)
        elif change == 2:
            form = chance.choice(("<I", ">I", "<H", ">H", "<Q"))
            data[at : at + struct.calcsize(form)] = struct.pack(
                form, chance.choice(_ODD) & (2 ** (8 * struct.calcsize(form)) - 1)
            )
        elif change == 3:
            del data[at:]
        elif change == 4:
            del data[at : at + length]
        elif change == 5:
            data[at:at] = data[at : at + length]
        else:
            data[at:at] = chance.randbytes(length)
    return bytes(data)


def fuzz(name: str, content: bytes, path: Path, read: Callable[[Path], object], promised: type[GPENError]) -> None:
    chance = random.Random(name)
    outcomes = {"read": 0, "refused": 0}
    others: list[str] = []
    for number in range(_TIMES):
        data = damaged(content, chance)
        path.write_bytes(data)
        start = time.process_time()
        try:
            read(path)
            outcomes["read"] += 1
        except promised as error:
            assert path.name in str(error), str(error)
            outcomes["refused"] += 1
        except Exception as error:
            others.append(f"number {number}: {error!r} for {data[:60]!r}")
        if (seconds := time.process_time() - start) > _LONGEST:
            others.append(f"number {number}: took {seconds:.0f} s")
    promised_ones = f"{_TIMES - len(others)} as promised ({outcomes['read']} read, {outcomes['refused']} refused)"
    sys.stdout.write(f"{name}: {_TIMES} tried, {promised_ones}\n")  # -rP shows it
    assert others == []


def _whole_picture(path: Path) -> None:
    found = read_picture(path)
    assert found.pixels.ndim == 3 and bool(torch.isfinite(found.pixels).all())
    assert read_size(path) is not None


@pytest.mark.filterwarnings("ignore")  # of Pillow, about what is damaged
@pytest.mark.parametrize("name", PICTURES)
def test_a_damaged_picture_is_read_or_refused_by_name(name: str, tmp_path: Path) -> None:
    fuzz(name, PICTURES[name](), tmp_path / "foreign.png", _whole_picture, PictureError)


@pytest.mark.parametrize("name", WEIGHTS)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_damaged_weight_file_is_read_or_refused_by_name(name: str, suffix: str, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about old archives
        fuzz(name, WEIGHTS[name](), tmp_path / f"foreign{suffix}", load_network, CheckpointError)
