"""The detectors that the nodes offer, and what of them is fetched."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType

import pytest

FILES = ["s3fd-619a316812.pth", "2DFAN4-11f355bf06.pth.tar"]
Obtain = Callable[[str], str]


@pytest.fixture
def files(pack: ModuleType) -> ModuleType:
    return importlib.import_module(f"{pack.__name__}.nodes.detector_files")


@pytest.fixture
def core(pack: ModuleType) -> ModuleType:
    return importlib.import_module(f"{pack.__name__}.gpen_core.faces.face_alignment")


@pytest.fixture
def fetched(files: ModuleType, core: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is fetched; the package is taken to be there, the files are not."""
    names: list[str] = []
    monkeypatch.setattr(files, "fetch", lambda entry, progress: names.append(entry.name))
    monkeypatch.setattr(core, "network_classes", lambda: None)
    monkeypatch.setattr(core, "face_alignment_files_found", lambda: False)
    return names


@pytest.fixture
def obtain(files: ModuleType) -> Obtain:
    return lambda choice: files.obtain_detector(choice, lambda done, total: None)


@pytest.mark.parametrize("name", ["auto", "yunet", "embedded"])
def test_nothing_is_fetched_for_those_that_come_with_the_pack(obtain: Obtain, fetched: list[str], name: str) -> None:
    assert obtain(name) == name and fetched == []


def test_the_entry_marked_download_fetches_both_files(obtain: Obtain, files: ModuleType, fetched: list[str]) -> None:
    assert "face-alignment (download)" in files.detector_choices()
    assert obtain("face-alignment (download)") == "face-alignment"
    assert fetched == FILES


def test_missing_files_are_answered_with_that_entry(obtain: Obtain, fetched: list[str]) -> None:
    with pytest.raises(Exception, match="Choose 'face-alignment \\(download\\)' as detector") as error:
        obtain("face-alignment")
    text = str(error.value)
    assert all(name in text.splitlines()[0] for name in FILES)
    assert "no terms stated" in text and "619a31681264d3f7" in text
    assert "gpen weights" not in text  # a command that ComfyUI does not have
    assert fetched == []


def test_a_missing_package_is_told_before_anything_is_fetched(
    obtain: Obtain, core: ModuleType, fetched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise core.GPENError("The package face-alignment cannot be used")

    monkeypatch.setattr(core, "network_classes", fail)
    with pytest.raises(core.GPENError, match="cannot be used"):
        obtain("face-alignment (download)")
    assert fetched == []


def test_error_texts_name_the_package_and_not_the_folder_of_the_pack(pack: ModuleType) -> None:
    errors = importlib.import_module(f"{pack.__name__}.gpen_core.errors")
    picture = importlib.import_module(f"{pack.__name__}.gpen_core.image.picture")
    shown = {f"{each.__module__}.{each.__qualname__}" for each in (errors.GPENError, errors.CheckpointError)}
    assert shown == {"gpen_core.GPENError", "gpen_core.CheckpointError"}
    assert picture.PictureError.__module__ == picture.PictureExistsError.__module__ == "gpen_core.image"
    for name in (*shown, "gpen_core.image.PictureError", "gpen_core.image.PictureExistsError"):
        module, _, kind = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(module), kind), type)


def test_the_file_names_are_those_of_the_catalogue(pack: ModuleType, core: ModuleType) -> None:
    catalogue = importlib.import_module(f"{pack.__name__}.gpen_core.checkpoints.catalog")
    assert [catalogue.find_entry(name).name for name in core.FACE_ALIGNMENT_FILES] == FILES
