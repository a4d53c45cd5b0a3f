"""From files and folders to pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gpen_core.image import FoundPicture, PictureError, find_pictures


def folder_of(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def names(found: list[FoundPicture]) -> list[str]:
    return [picture.path.name for picture in found]


def test_numbers_count_by_value_and_letters_without_case(tmp_path: Path) -> None:
    folder_of(tmp_path, "img10.jpg", "IMG2.jpg", "img1.PNG", "b.webp", "7.tif")
    assert names(find_pictures([tmp_path], False)) == ["7.tif", "b.webp", "img1.PNG", "IMG2.jpg", "img10.jpg"]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".jfif", ".png", ".tif", ".tiff", ".webp", ".bmp", ".JPG"])
def test_accepted_extensions(tmp_path: Path, suffix: str) -> None:
    folder_of(tmp_path, f"a{suffix}", "a.txt", "a.gif", "jpg")
    assert names(find_pictures([tmp_path], False)) == [f"a{suffix}"]


def test_folders_below_only_when_recursive(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "2001/b.jpg", "2001/may/c.jpg")
    assert names(find_pictures([tmp_path], False)) == ["a.jpg"]
    found = find_pictures([tmp_path], True)
    assert {picture.path.name: picture.subfolder for picture in found} == {
        "a.jpg": Path("."),
        "b.jpg": Path("2001"),
        "c.jpg": Path("2001/may"),
    }


def test_folders_are_in_natural_order(tmp_path: Path) -> None:
    folder_of(tmp_path, "roll10/1.jpg", "roll2/10.jpg", "roll2/9.jpg")
    assert names(find_pictures([tmp_path], True)) == ["9.jpg", "10.jpg", "1.jpg"]


def test_inputs_keep_their_order_and_count_once(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "b.jpg", "c.jpg")
    other_spelling = tmp_path / ".." / tmp_path.name / "b.jpg"
    assert names(find_pictures([other_spelling, tmp_path], False)) == ["b.jpg", "a.jpg", "c.jpg"]


def test_named_file_is_taken_whatever_its_name(tmp_path: Path) -> None:
    folder_of(tmp_path, "scan.dat")
    assert find_pictures([tmp_path / "scan.dat"], False) == [FoundPicture(tmp_path / "scan.dat", Path("."))]


def test_text_paths_are_accepted(tmp_path: Path) -> None:
    folder_of(tmp_path, "été.jpg")
    assert names(find_pictures([str(tmp_path)], False)) == ["été.jpg"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg", "._a.jpg", ".trash/b.jpg")
    assert names(find_pictures([tmp_path], True)) == ["a.jpg"]


def test_missing_input(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="There is no file or folder .*absent"):
        find_pictures([tmp_path / "absent"], False)


def test_folder_without_pictures_names_the_extensions(tmp_path: Path) -> None:
    folder_of(tmp_path, "notes.txt")
    with pytest.raises(PictureError, match=r"no pictures in the folder(.|\n)*\.jpg, .*\.webp"):
        find_pictures([tmp_path], True)


def test_other_pictures_are_named_and_counted_once_for_each_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder_of(tmp_path, "a.jpg", "b.CR2", "c.cr2", "d.gif", "notes.txt", ".hidden.gif", "below/e.psd", "below/f.jpg")
    assert names(find_pictures([tmp_path], False)) == ["a.jpg"]
    (record,) = caplog.records
    assert record.message == (
        f"Passed over in {tmp_path}: 2 .cr2, 1 .gif. Convert what cannot be read to PNG, TIFF or JPEG."
    )
    caplog.clear()
    find_pictures([tmp_path], True)
    assert [f"Passed over in {tmp_path / 'below'}: 1 .psd" in record.message for record in caplog.records] == [
        False,
        True,
    ]


def test_folder_with_nothing_but_other_pictures_names_them(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder_of(tmp_path, "a.gif", "b.gif")
    with pytest.raises(PictureError, match=r"no pictures in the folder(.|\n)*2 \.gif"):
        find_pictures([tmp_path], False)
    assert not caplog.records


def test_folder_with_pictures_only_below_advises_recursion(tmp_path: Path) -> None:
    folder_of(tmp_path, "2001/a.jpg")
    with pytest.raises(PictureError, match="recursive"):
        find_pictures([tmp_path], False)


def test_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PictureError, match="cannot be listed: Permission denied"):
        find_pictures([tmp_path], True)


def test_a_folder_below_that_cannot_be_listed_is_named_and_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder_of(tmp_path, "a.jpg", "closed/b.jpg")
    scandir = os.scandir

    def refuse(path: str) -> Iterator[os.DirEntry[str]]:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    problems: list[str] = []
    assert names(find_pictures([tmp_path], True, problems.append)) == ["a.jpg"]
    assert problems == [f"The folder {tmp_path / 'closed'} cannot be listed: Permission denied."]


def test_a_link_to_itself_does_not_end_the_search(tmp_path: Path) -> None:
    folder_of(tmp_path, "a.jpg")
    (tmp_path / "loop.jpg").symlink_to("loop.jpg")
    (tmp_path / "below").symlink_to(tmp_path)
    assert names(find_pictures([tmp_path], True)) == ["a.jpg", "loop.jpg"]


def test_order_does_not_depend_on_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_of(tmp_path, "a.jpg", "A1.jpg", "a1.jpg", "x/1.jpg", "x/y.jpg")
    expected = find_pictures([tmp_path], True)
    walk = os.walk
    monkeypatch.setattr(
        os, "walk", lambda *a, **k: ((p, d, sorted(f, reverse=True)) for p, d, f in reversed(list(walk(*a, **k))))
    )
    assert find_pictures([tmp_path], True) == expected


def test_mixed_digits_and_letters_compare(tmp_path: Path) -> None:
    folder_of(tmp_path, "1a.jpg", "a1.jpg", "1.jpg", "².jpg")
    assert names(find_pictures([tmp_path], False))[:2] == ["1.jpg", "1a.jpg"]
