"""The list of published files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from gpen_core.checkpoints import CatalogEntry, all_entries, find_entry
from gpen_core.errors import CheckpointError

MODELS = Path(__file__).resolve().parents[3] / "shared" / "models"
EACH = pytest.mark.parametrize("entry", all_entries(), ids=lambda entry: entry.name)


@EACH
def test_entries_are_complete(entry: CatalogEntry) -> None:
    assert entry.kind in ("generator", "detector", "landmarks", "recogniser")
    assert entry.urls and all(url.startswith("https://") for url in entry.urls)
    assert entry.terms and entry.note
    assert entry.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", entry.sha256)
    assert entry.size is None or entry.size > 0


@EACH
def test_unverifiable_files_come_from_their_publisher(entry: CatalogEntry) -> None:
    publishers = ("https://www.modelscope.cn/models/", "https://public-vigen-video.oss-cn-shanghai.aliyuncs.com/robin/")
    if entry.sha256 is None:
        assert all(url.startswith(publishers) for url in entry.urls)


@EACH
def test_generators_state_the_terms_of_gpen(entry: CatalogEntry) -> None:
    if entry.kind == "generator":
        assert "no licence" in entry.terms and "non-commercial" in entry.terms


def test_names_are_distinct() -> None:
    names = [name.casefold() for entry in all_entries() for name in (entry.name, *entry.aliases)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("GPEN-BFR-512.pth", "GPEN-BFR-512.pth"),
        ("gpen-bfr-512.PTH", "GPEN-BFR-512.pth"),
        ("gpen-bfr-2048", "GPEN-BFR-2048.pth"),
        ("yunet", "face_detection_yunet_2023mar.onnx"),
        ("S3FD", "s3fd-619a316812.pth"),
        ("2DFAN4-11f355bf06.pth.tar", "2DFAN4-11f355bf06.pth.tar"),
    ],
)
def test_finds_by_name_stem_and_alias_in_any_case(name: str, found: str) -> None:
    assert find_entry(name).name == found


def test_a_misspelt_name_is_answered_with_the_closest() -> None:
    with pytest.raises(CheckpointError, match=r"'GPEN-BRF-512'.*\n.*Did you mean .*GPEN-BFR-512\.pth"):
        find_entry("GPEN-BRF-512")


def test_a_foreign_name_is_answered_with_all() -> None:
    with pytest.raises(CheckpointError, match=r"Known files: GPEN-BFR-256\.pth.*2DFAN4"):
        find_entry("zzz")


def test_instructions_name_addresses_place_and_hash() -> None:
    entry = find_entry("GPEN-BFR-512")
    text = entry.instructions(Path("/models"))
    assert all(url in text for url in entry.urls)
    assert str(Path("/models/GPEN-BFR-512.pth")) in text
    assert "284,085,738 bytes" in text and str(entry.sha256) in text


@pytest.mark.skipif(not MODELS.is_dir(), reason="needs the YuNet files of the shared folder")
@pytest.mark.parametrize(
    ("name", "file"),
    [("yunet", "yunet_s_640_640.onnx"), ("yunet_n_640_640.onnx", "yunet_n_640_640.onnx")],
)
def test_hashes_are_those_of_the_real_files(name: str, file: str) -> None:
    entry, data = find_entry(name), (MODELS / file).read_bytes()
    assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
