"""Load GPEN Model."""

from __future__ import annotations

import gc
import importlib
import json
import sys
import weakref
from pathlib import Path

import comfy.model_management as mm
import folder_paths
import pytest
import torch
from comfy.utils import ProgressBar
from networks import tiny_generator
from safetensors.torch import save_file


@pytest.fixture
def models_folder(nodes):
    folder = Path(folder_paths.get_folder_paths("facerestore_models")[0])
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    for file in folder.iterdir():
        file.unlink()


def options(nodes) -> list[str]:
    return nodes.classes["GPENLoadModel"].define_schema().inputs[0].options["options"]


def test_offers_the_embedded_network_first_and_official_files_for_download(nodes):
    offered = options(nodes)
    assert offered[0] == "face-unet"
    assert "GPEN-BFR-512.pth (download)" in offered
    assert offered[-3:] == [
        f"GPEN-{name}.pth (download)" for name in ("Colorization-1024", "Inpainting-1024", "Seg2face-512")
    ]


def test_offers_every_face_restorer_without_a_restart_and_leaves_other_networks_out(nodes, models_folder):
    restorers = ["GPEN-BFR-512.onnx", "GPEN-BFR-512.pth", "GFPGANv1.4.pth", "codeformer.pth", "mine.safetensors"]
    for name in (*restorers, "parsing_parsenet.pth", "detection_Resnet50_Final.pth", "readme.txt"):
        (models_folder / name).touch()
    offered = options(nodes)
    assert offered[1:6] == restorers
    assert not any(name.startswith(("parsing", "detection", "readme")) for name in offered)
    assert "GPEN-BFR-512.pth (download)" not in offered


def test_two_loaders_share_one_network(nodes):
    first, second = (nodes.run("GPENLoadModel").args[0] for _ in range(2))
    assert first is second


def test_other_settings_make_another_network(nodes):
    first = nodes.run("GPENLoadModel").args[0]
    assert nodes.run("GPENLoadModel", precision="bf16").args[0].model is not first.model


def test_a_handle_shows_comfyui_its_patcher(nodes):
    handle = nodes.run("GPENLoadModel").args[0]
    assert handle.patcher.model is handle.model.network
    assert handle.patcher.load_device == torch.device("cpu")


def test_a_model_that_comfyui_unloads_goes_with_its_workflow(nodes):
    handle = nodes.run("GPENLoadModel", precision="bf16").args[0]
    handle.ready()
    model = weakref.ref(handle.model)
    mm.current_loaded_models.clear()  # as /free does, before ComfyUI lets go of the outputs
    assert model() is not None
    del handle
    gc.collect()
    assert model() is None


def test_a_model_that_is_unloaded_after_its_workflow_goes_at_once(nodes):
    handle = nodes.run("GPENLoadModel", precision="bf16").args[0]
    handle.ready()
    model = weakref.ref(handle.model)
    del handle
    gc.collect()
    assert model() is not None  # loaded: it may come back
    mm.current_loaded_models.clear()
    gc.collect()
    assert model() is None


def test_a_model_still_loaded_outlives_its_workflow(nodes):
    handle = nodes.run("GPENLoadModel", precision="bf16").args[0]
    handle.ready()
    model = handle.model
    del handle
    gc.collect()
    assert nodes.run("GPENLoadModel", precision="bf16").args[0].model is model
    mm.current_loaded_models.clear()


def test_the_network_asks_for_room_when_it_runs(nodes):
    handle = nodes.run("GPENLoadModel").args[0]
    asked = len(mm.memory_asked_for)
    handle.model.run(torch.rand(1, 256, 256, 3))
    assert mm.memory_asked_for[asked:] == [handle.model.activation_bytes(1)]


def test_the_name_may_come_from_another_node(nodes):
    loader = nodes.classes["GPENLoadModel"]
    assert loader.validate_inputs(model=None) is True  # what ComfyUI knows of a connected input before it runs
    assert loader.fingerprint_inputs(model=None) is None


@pytest.fixture
def wide_file(models_folder):
    """A network with enough channels to take some away."""
    file = models_folder / "wide.safetensors"
    save_file(tiny_generator(64, narrow=1 / 16, channel_multiplier=1).state_dict(), file)
    return file


def test_making_the_pruned_variant_is_told_and_shown(nodes, wide_file):
    sent = importlib.import_module("server").PromptServer.instance.sent
    for expected in (["wide.safetensors"], []):  # kept for the second time
        sent.clear()
        ProgressBar.bars.clear()
        output = nodes.run("GPENLoadModel", model=wide_file.name, variant="pruned")
        model = output.args[0].model
        assert model.variant == "pruned"
        assert [(event, data["node"]) for event, data in sent] == [("gpen_working", "7")] * len(expected)
        messages = [json.loads(text) for _, data in sent for text in data["gpen_message"]]
        assert [message["values"]["name"] for message in messages] == expected
        assert output.ui["gpen_text"][0].startswith("wide (pruned)")
        assert [bar.values[-1] for bar in ProgressBar.bars] == [100] * len(expected)
        del model, output
        mm.current_loaded_models.clear()
        gc.collect()


def test_making_the_pruned_variant_can_be_cancelled(nodes, wide_file, monkeypatch):
    looked = []

    def cancel() -> None:
        looked.append(1)
        if len(looked) == 40:
            raise mm.InterruptProcessingException

    monkeypatch.setattr(mm, "throw_exception_if_processing_interrupted", cancel)
    with pytest.raises(mm.InterruptProcessingException):
        nodes.run("GPENLoadModel", model=wide_file.name, variant="pruned")
    assert len(looked) == 40
    assert [file.name for file in wide_file.parent.iterdir()] == [wide_file.name]
    monkeypatch.undo()
    assert nodes.run("GPENLoadModel", model=wide_file.name, variant="pruned").args[0].model.variant == "pruned"


def test_what_the_network_made_goes_when_comfyui_unloads_it(nodes):
    handle = nodes.run("GPENLoadModel").args[0]
    picture = nodes.run("GPENExamplePicture", picture="portrait").args[0]
    passes = []
    run = handle.model.run
    handle.model.run = lambda faces: passes.append(len(faces)) or run(faces)
    try:
        for sharpen, expected in ((41, 1), (42, 1)):
            nodes.run("GPENEnhance", model=handle, image=picture, sharpen=sharpen)
            assert len(passes) == expected
        handle.patcher.detach(unpatch_all=False)  # moved, not unloaded
        nodes.run("GPENEnhance", model=handle, image=picture, sharpen=43)
        assert len(passes) == 1
        handle.patcher.detach()
        nodes.run("GPENEnhance", model=handle, image=picture, sharpen=44)
        assert len(passes) == 2
    finally:
        del handle.model.run


def test_kept_files_of_the_pruned_variant_are_not_offered(nodes, models_folder):
    (models_folder / "GPEN-BFR-512.pruned-0123456789abcdef-1.safetensors").touch()
    assert not any("pruned-" in name for name in options(nodes))


def test_a_missing_official_file_names_the_folder_and_the_download(nodes, models_folder):
    with pytest.raises(Exception, match="was not found in") as raised:
        nodes.run("GPENLoadModel", model="GPEN-BFR-1024.pth")
    text = str(raised.value)
    assert str(models_folder) in text and "GPEN-BFR-1024.pth (download)" in text and "https://" in text


def test_a_file_that_is_no_gpen_says_so(nodes, models_folder):
    torch.save({"conv.weight": torch.zeros(3, 3)}, models_folder / "other.pth")
    with pytest.raises(Exception, match="GPEN generator"):
        nodes.run("GPENLoadModel", model="other.pth")


def test_an_onnx_file_says_what_it_is_and_what_it_cannot_do(nodes, models_folder, shown):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx_files import export, plain

    export(plain(tiny_generator()), torch.zeros(1, 3, 32, 32), models_folder / "GPEN-BFR-32.onnx")
    handle = nodes.run("GPENLoadModel", model="GPEN-BFR-32.onnx").args[0]
    first, terms, limits = shown().splitlines()
    assert first == "GPEN-BFR-32.onnx: GPEN (ONNX), 32 px faces, fp32 on cpu"
    assert "no licence" in terms and "ComfyUI cannot move it" in limits
    picture = nodes.run("GPENExamplePicture", picture="portrait").args[0]
    restored = nodes.run("GPENEnhance", model=handle, image=picture, strength=100).args
    assert not torch.equal(restored[0], picture)


def test_a_changed_file_is_noticed(nodes, models_folder):
    file = models_folder / "mine.pth"
    torch.save(tiny_generator(seed=0).state_dict(), file)
    loader = nodes.classes["GPENLoadModel"]
    before, network = loader.fingerprint_inputs(model="mine.pth"), nodes.run("GPENLoadModel", model="mine.pth").args[0]
    torch.save(tiny_generator(size=64, seed=1).state_dict(), file)
    assert loader.fingerprint_inputs(model="mine.pth") != before
    assert nodes.run("GPENLoadModel", model="mine.pth").args[0].model is not network.model


def test_a_saved_workflow_stays_valid_before_and_after_the_download(nodes):
    loader = nodes.classes["GPENLoadModel"]
    assert loader.validate_inputs(model="GPEN-BFR-512.pth") is True
    assert loader.validate_inputs(model="GPEN-BFR-512.pth (download)") is True


def test_folders_of_other_packs_are_kept(pack):
    files = importlib.import_module("gpen_pack.nodes.model_files")
    kept = folder_paths.folder_names_and_paths["facerestore_models"]
    try:
        shared = {".pth"}
        folder_paths.folder_names_and_paths["facerestore_models"] = (["/elsewhere"], shared)
        files.register_folders()
        places, suffixes = folder_paths.folder_names_and_paths["facerestore_models"]
        assert places[0] == "/elsewhere" and len(places) == 2
        assert ".safetensors" in suffixes and shared == {".pth"}
    finally:
        folder_paths.folder_names_and_paths["facerestore_models"] = kept


def test_a_network_of_another_kind_goes_through_loader_and_enhance(nodes, models_folder):
    """Ten lines, and a file with its mark: nothing else is touched."""
    core = sys.modules[type(nodes.run("GPENLoadModel").args[0].model).__module__.rpartition(".")[0] + ".network"]

    class Darkening(core.FaceNetwork):
        family, sizes, terms = "stand-in", (32, 64), "none"

        @classmethod
        def recognises(cls, tensors):
            return "darkening" in tensors

        @classmethod
        def from_state_dict(cls, tensors):
            return cls()

        def generate(self, crops, dtype, whole):
            return crops * 0.5

        def activation_bytes(self, size, batch, dtype, whole):
            return 24 * size**2 * batch

    families = core.face_network._families
    families.insert(0, Darkening)
    try:
        save_file({"darkening": torch.zeros(1)}, models_folder / "darkening.safetensors")
        model = nodes.run("GPENLoadModel", model="darkening.safetensors").args[0]
        picture = nodes.run("GPENExamplePicture", picture="portrait").args[0]
        restored = nodes.run("GPENEnhance", model=model, image=picture, strength=100, mode="strong").args
    finally:
        families.remove(Darkening)
    assert restored[0].shape == picture.shape
    assert restored[1].shape[1:] == (64, 64, 3)
    inside = restored[2] > 0.0
    assert torch.equal(restored[0][~inside], picture[~inside])
    assert not torch.allclose(restored[0][inside], picture[inside], atol=0.02)
