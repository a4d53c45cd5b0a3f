"""Which packages of OpenCV are installed, and what is said when there are several."""

from __future__ import annotations

import argparse
from importlib import metadata

import cv2
import pytest

from gpen_core.cli import info
from gpen_core.opencv_packages import NAMES, describe_clash, installed_packages


def pretend(monkeypatch: pytest.MonkeyPatch, installed: dict[str, str]) -> None:
    """Make packages of OpenCV look installed as given; other packages stay as they are."""
    version = metadata.version

    def look_up(name: str) -> str:
        if name not in NAMES:
            return version(name)
        if name not in installed:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(metadata, "version", look_up)


@pytest.mark.parametrize("installed", [{}, {"opencv-python": "5.0.0.93"}, {"opencv-contrib-python": "4.11.0.86"}])
def test_one_package_or_none_is_fine(monkeypatch: pytest.MonkeyPatch, installed: dict[str, str]) -> None:
    pretend(monkeypatch, installed)
    assert installed_packages() == installed
    assert describe_clash(installed_packages()) is None


def test_two_packages_are_named_with_the_commands_that_leave_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, {"opencv-python": "5.0.0.93", "opencv-python-headless": "4.11.0.86"})
    clash = describe_clash(installed_packages())
    assert clash is not None
    assert "opencv-python 5.0.0.93, opencv-python-headless 4.11.0.86" in clash
    assert "uninstall -y opencv-python opencv-python-headless\n" in clash
    assert clash.endswith("install --no-deps opencv-python==5.0.0.93")


def test_the_most_complete_package_is_kept() -> None:
    clash = describe_clash({"opencv-python": "5.0.0.93", "opencv-contrib-python-headless": "4.11.0.86"})
    assert clash is not None
    assert clash.endswith("opencv-contrib-python-headless==4.11.0.86")


def test_info_names_the_package_and_a_clash(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pretend(monkeypatch, {"opencv-python-headless": "4.11.0.86"})
    info.run(argparse.Namespace())
    printed = capsys.readouterr().out
    assert f"OpenCV {cv2.__version__} (opencv-python-headless 4.11.0.86)" in printed
    assert "over each other" not in printed
    pretend(monkeypatch, {"opencv-python": "5.0.0.93", "opencv-python-headless": "4.11.0.86"})
    info.run(argparse.Namespace())
    assert "over each other" in capsys.readouterr().out
