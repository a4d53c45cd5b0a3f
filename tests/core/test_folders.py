"""Where weight files are looked for and fetched to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gpen_core.checkpoints import (
    add_folder,
    download_folder,
    find_entry,
    find_file,
    load_network,
    resolve,
    search_folders,
)
from gpen_core.errors import CheckpointError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty computer: project, user folder and torch hub below `tmp_path`, nothing registered."""
    monkeypatch.delenv("GPEN_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))
    monkeypatch.setattr("torch.hub.get_dir", lambda: str(tmp_path / "hub"))
    monkeypatch.setattr("gpen_core.checkpoints.folders._registered", [])
    monkeypatch.setattr("gpen_core.checkpoints.folders._PROJECT", tmp_path / "project")
    return tmp_path


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"weights")
    return path


def test_the_project_the_user_and_torch_hub_are_searched(home: Path) -> None:
    assert search_folders() == [home / "project" / "weights", home / "cache" / "gpen", home / "hub" / "checkpoints"]


def test_the_environment_comes_first_then_registered_folders(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", str(home / "mine"))
    add_folder(home / "host")
    add_folder(home / "host")
    assert search_folders()[:3] == [home / "mine", home / "host", home / "project" / "weights"]


def test_the_comfyui_around_the_pack_is_searched(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpen_core.checkpoints.folders._PROJECT", home / "ComfyUI" / "custom_nodes" / "gpen")
    models = home / "ComfyUI" / "models"
    assert search_folders()[:3] == [models / "facerestore_models", models / "gpen", models / "facedetection"]
    assert download_folder() == models / "facerestore_models"
    assert download_folder("detector") == download_folder("landmarks") == models / "facedetection"


def test_fetched_files_go_to_the_user_folder_without_a_host(home: Path) -> None:
    assert download_folder() == home / "cache" / "gpen"


def test_a_host_chooses_where_a_kind_of_file_is_fetched_to(home: Path) -> None:
    add_folder(home / "searched")
    add_folder(home / "networks", "generator")
    assert download_folder() == home / "networks"
    assert download_folder("detector") == home / "cache" / "gpen"


def test_the_environment_decides_where_everything_is_fetched_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", str(home / "mine"))
    add_folder(home / "networks", "generator")
    assert download_folder() == download_folder("detector") == home / "mine"


@pytest.mark.parametrize("name", ["GPEN-BFR-512", "GPEN-BFR-512.pth", "gpen-bfr-512", "Gpen-Bfr-512.PTH"])
def test_names_match_without_extension_and_in_any_case(home: Path, name: str) -> None:
    path = put(home / "cache" / "gpen" / "GPEN-BFR-512.pth")
    assert find_file(name) == path


def test_safetensors_are_preferred_within_a_folder(home: Path) -> None:
    put(home / "cache" / "gpen" / "net.pth")
    path = put(home / "cache" / "gpen" / "net.safetensors")
    assert find_file("net") == path


def test_an_earlier_folder_is_preferred_to_a_better_extension(home: Path) -> None:
    path = put(home / "project" / "weights" / "net.pth")
    put(home / "cache" / "gpen" / "net.safetensors")
    assert find_file("net") == path


def test_a_given_extension_is_binding(home: Path) -> None:
    put(home / "cache" / "gpen" / "net.safetensors")
    assert find_file("net.pth") is None


def test_onnx_networks_come_last_by_bare_name(home: Path) -> None:
    path = put(home / "cache" / "gpen" / "GPEN-BFR-512.onnx")
    assert find_file("GPEN-BFR-512") == find_file("GPEN-BFR-512.onnx") == path
    other = put(home / "cache" / "gpen" / "GPEN-BFR-512.pth")
    assert find_file("GPEN-BFR-512") == other


def test_a_version_number_is_no_extension(home: Path) -> None:
    path = put(home / "cache" / "gpen" / "net-1.5.pth")
    assert find_file("net-1.5") == path


def test_subfolders_can_be_named(home: Path) -> None:
    path = put(home / "cache" / "gpen" / "old" / "net.pth")
    assert find_file("old/net") == path
    assert find_file("net") is None


def test_unfinished_downloads_are_not_found(home: Path) -> None:
    put(home / "cache" / "gpen" / "net.pth.part")
    assert find_file("net.pth") is find_file("net") is None


def test_face_alignments_files_are_found_in_torch_hub(home: Path) -> None:
    path = put(home / "hub" / "checkpoints" / "2DFAN4-11f355bf06.pth.tar")
    assert find_file("2DFAN4-11f355bf06.pth.tar") == path


def test_the_embedded_network_is_found_by_its_name(home: Path) -> None:
    path = put(home / "project" / "weights" / "face-unet.safetensors")
    assert resolve("face-unet") == path


def test_a_path_is_taken_as_it_is(home: Path) -> None:
    path = put(home / "elsewhere" / "net.pth")
    assert resolve(path) == resolve(str(path)) == path


def test_a_missing_path_is_not_searched_for(home: Path) -> None:
    put(home / "cache" / "gpen" / "net.pth")
    with pytest.raises(CheckpointError, match="There is no weight file"):
        resolve(home / "elsewhere" / "net.pth")


def test_a_folder_is_refused(home: Path) -> None:
    with pytest.raises(CheckpointError, match="is a folder"):
        resolve(home)


def test_a_missing_known_file_is_answered_with_how_to_get_it(home: Path) -> None:
    with pytest.raises(CheckpointError) as error:
        resolve("gpen-bfr-512")
    text, entry = str(error.value), find_entry("GPEN-BFR-512")
    assert "gpen weights fetch GPEN-BFR-512.pth" in text
    assert str(home / "cache" / "gpen" / "GPEN-BFR-512.pth") in text
    assert str(entry.sha256) in text and entry.urls[0] in text
    assert all(str(folder) in text for folder in search_folders())


def test_a_missing_unknown_file_is_answered_with_close_names(home: Path) -> None:
    with pytest.raises(CheckpointError, match=r"'GPEN-BFR-513\.pth' was not found[\s\S]*Did you mean GPEN-BFR-512"):
        resolve("GPEN-BFR-513.pth")


def test_a_missing_embedded_network_is_put_down_to_the_installation(home: Path) -> None:
    with pytest.raises(CheckpointError, match="comes with this project"):
        resolve("face-unet")


def test_an_unknown_user_in_the_environment_is_passed_over(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPEN_WEIGHTS", "~nosuchuser/weights")
    weights = put(home / "project" / "weights" / "face-unet.safetensors")
    assert find_file("face-unet") == weights
    assert download_folder() == home / "cache" / "gpen"


def test_a_path_of_an_unknown_user_is_an_error() -> None:
    with pytest.raises(CheckpointError, match="~nosuchuser/net.pth cannot be found"):
        resolve("~nosuchuser/net.pth")


def test_a_user_without_a_home_can_use_what_is_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("LOCALAPPDATA")
    monkeypatch.setattr(Path, "home", homeless)
    weights = put(home / "project" / "weights" / "face-unet.safetensors")
    assert find_file("face-unet") == weights
    with pytest.raises(CheckpointError, match="no folder to fetch files into"):
        download_folder()


def test_a_folder_that_cannot_be_listed_is_named_and_passed_over(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scandir = os.scandir

    def refuse(path: Path) -> object:
        if Path(path) == home / "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setenv("GPEN_WEIGHTS", str(home / "closed"))
    monkeypatch.setattr(os, "scandir", refuse)
    weights = put(home / "project" / "weights" / "face-unet.safetensors")
    assert find_file("face-unet") == weights
    assert f"{home / 'closed'} cannot be searched for weight files: Permission denied" in caplog.text


@pytest.mark.parametrize("content", [b"", b"nonsense", b"<!DOCTYPE html>", b"\x10\0\0\0\0\0\0\0{", None])
@pytest.mark.parametrize("clone", [False, True])
def test_the_embedded_network_is_restored_not_fetched(home: Path, content: bytes | None, clone: bool) -> None:
    network = put(home / "project" / "weights" / "face-unet.safetensors")
    if clone:
        (home / "project" / ".git").mkdir()
    if content is None:
        save_file({"entry.weight": torch.zeros(3, 3)}, network)  # whole, but no such network
    else:
        network.write_bytes(content)
    with pytest.raises(CheckpointError) as error:
        load_network(resolve("face-unet"))
    first, *advice = str(error.value).splitlines()
    assert first.startswith("face-unet.safetensors")
    assert "install the project again, or put face-unet.safetensors of the same version back" in advice[1]
    assert str(network.parent) in advice[1]
    assert ("checkout -- face-unet.safetensors" in advice[-1]) == clone
    assert "fetch" not in str(error.value) and "elete" not in str(error.value)


def test_a_file_of_that_name_elsewhere_is_the_users_own(home: Path) -> None:
    own = put(home / "face-unet.safetensors")
    with pytest.raises(CheckpointError, match="Delete the file and fetch it again"):
        load_network(own)
