"""GPEN Enhance Video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import folder_paths
import pytest
import torch
from clips import decoded, moving_portrait, write_clip
from comfy_api.latest import InputImpl, Types
from pack_loader import Nodes


@pytest.fixture(scope="module")
def model(nodes: Nodes) -> Any:
    return nodes.run("GPENLoadModel").args[0]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temp"
    monkeypatch.setattr(folder_paths, "get_temp_directory", lambda: str(folder), raising=False)
    return folder


def images(count: int) -> torch.Tensor:
    return torch.stack([torch.from_numpy(frame).float() / 255.0 for frame in moving_portrait(count)])


def test_a_video_goes_from_file_to_file(nodes: Nodes, model: Any, temporary: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", moving_portrait(4), sound=True)
    output = nodes.run("GPENEnhanceVideo", model=model, video=InputImpl.VideoFromFile(str(clip)))
    video, frames, report = output.args
    result = Path(video.get_stream_source())
    assert result.parent == temporary and len(decoded(result)) == 4
    assert "Connect its video output" in frames.message
    assert "restored on 4 of 4 frames" in report
    assert output.ui["images"] == [{"filename": result.name, "subfolder": "", "type": "temp"}]


def test_images_and_videos_in_memory_stay_there(nodes: Nodes, model: Any, temporary: Path) -> None:
    batch = images(5)
    video, frames, _ = nodes.run("GPENEnhanceVideo", model=model, images=batch).args
    assert frames.shape == batch.shape and not torch.equal(frames, batch)
    assert video.get_components().frame_rate == 25
    sound = {"waveform": torch.zeros(1, 1, 8), "sample_rate": 8}
    given = InputImpl.VideoFromComponents(Types.VideoComponents(images=batch, frame_rate=Fraction(30), audio=sound))
    video, again, report = nodes.run("GPENEnhanceVideo", model=model, video=given).args
    assert video.get_components().audio is sound and video.get_components().frame_rate == 30
    assert again.shape == batch.shape
    assert "5 frames: faces restored on 5" in report
    assert len(list(temporary.iterdir())) == 2  # what the node shows


def test_odd_sides_are_shown_too(nodes: Nodes, model: Any, temporary: Path) -> None:
    output = nodes.run("GPENEnhanceVideo", model=model, images=images(2)[:, :155, :233])
    assert output.args[1].shape == (2, 155, 233, 3)
    assert next(temporary.iterdir()).stat().st_size == 2 * 154 * 232 * 3 * 4


def test_the_report_is_in_the_language_asked_for(nodes: Nodes, model: Any) -> None:
    report = nodes.run("GPENEnhanceVideo", model=model, images=images(2), language="zh").args[2]
    assert "2 帧中修复了 2 帧" in report or "2 帧的人脸已修复" in report


def test_one_of_both_inputs_is_needed(nodes: Nodes, model: Any) -> None:
    with pytest.raises(Exception, match="needs a video or images.\nConnect"):
        nodes.run("GPENEnhanceVideo", model=model)
    with pytest.raises(Exception, match="needs a video or images, not both"):
        nodes.run("GPENEnhanceVideo", model=model, images=images(1), video=InputImpl.VideoFromFile("a.mp4"))


def test_the_still_node_names_this_one_where_pictures_look_like_a_clip(
    nodes: Nodes, model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hint = "these pictures look like a clip"
    clip = images(9)
    assert hint in nodes.run("GPENEnhance", model=model, image=clip).args[3]
    assert hint not in nodes.run("GPENEnhance", model=model, image=clip[:3]).args[3]
    still = clip[:1].expand(9, -1, -1, -1)
    assert hint not in nodes.run("GPENEnhance", model=model, image=still).args[3]
    different = torch.rand(9, 60, 60, 3, generator=torch.Generator().manual_seed(0))
    different[::2] *= 0.2
    assert hint not in nodes.run("GPENEnhance", model=model, image=different).args[3]
