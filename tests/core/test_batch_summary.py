"""What is said of a batch in a few lines."""

from __future__ import annotations

from gpen_core.restore import FaceReport, PictureReport, count_faces
from gpen_core.restore.batch_summary import summarise


def face(index: int = 0, skipped: str | None = None, note: str | None = None) -> FaceReport:
    return FaceReport(index, (0.0, 0.0, 50.0, 60.0), 55.0, 0.9, 0.0, 0.0, 0.0, 60.0, skipped, note)


def picture(*faces: FaceReport, done: str = "restored", background: str | None = None) -> PictureReport:
    return PictureReport(64, 64, faces, done, background)


def test_of_one_picture_nothing_is_added_to_what_was_done() -> None:
    assert summarise([picture(face())]) == "1 of 1 face restored"
    assert summarise([picture()]) == "no face found: passed through unchanged"


def test_of_many_alike_one_line_says_all() -> None:
    assert summarise([picture(face(), face(1))] * 40) == "40 pictures: 80 of 80 faces restored"


def test_pictures_without_a_face_are_named_however_many_others_there_are() -> None:
    pictures = [picture(face())] * 40
    pictures[7] = pictures[31] = picture()
    assert summarise(pictures).splitlines() == [
        "40 pictures: 38 of 38 faces restored, 2 pictures without a face",
        "pictures 7, 31: no face found: passed through unchanged",
    ]


def test_skipped_faces_and_notes_follow_those_without_a_face() -> None:
    pictures = [
        picture(face(skipped="too small"), face(1)),
        picture(face(note="overflowed in fp16, repeated in fp32")),
        picture(),
        picture(face()),
        picture(face()),
    ]
    assert summarise(pictures).splitlines() == [
        "5 pictures: 4 of 5 faces restored, 1 too small, 1 picture without a face",
        "picture 2: no face found: passed through unchanged",
        "picture 0: 1 of 2 faces restored, 1 too small",
        "picture 1: face 0 overflowed in fp16, repeated in fp32",
    ]


def test_pictures_left_alone_among_restored_ones_are_named() -> None:
    pictures = [picture(face())] * 3 + [picture(face(), done="left alone at strength 0")]
    assert summarise(pictures).splitlines() == [
        "4 pictures: 3 of 3 faces restored, 1 of 1 face left alone at strength 0",
        "picture 3: 1 of 1 face left alone at strength 0",
    ]


def test_many_exceptions_stay_readable_and_none_is_hidden_silently() -> None:
    pictures = [picture(face(note=f"turned away by {number} degrees: strength lowered")) for number in range(300)]
    pictures[0] = picture()
    lines = summarise(pictures).splitlines()
    assert lines[1].startswith("picture 0: no face found")
    assert len(lines) == 10 and lines[-1] == "and remarks on 292 more pictures: see the report"


def test_long_lists_of_pictures_are_cut_and_neighbours_written_as_a_range() -> None:
    every_other = [picture() if number % 2 else picture(face()) for number in range(60)]
    assert summarise(every_other).splitlines()[1].startswith("pictures 1, 3, 5, ")
    assert " 23 and 18 more: no face found" in summarise(every_other)
    neighbours = [picture(face())] * 5 + [picture()] * 4
    assert summarise(neighbours).splitlines()[1].startswith("pictures 5-8: ")


def test_what_was_done_around_the_faces_is_said_once() -> None:
    pictures = [picture(face(), background="background enhanced in 4 tiles")] * 3
    assert summarise(pictures) == "3 pictures: 3 of 3 faces restored, background enhanced in 4 tiles"


def test_counted_faces_name_the_pictures_without_one() -> None:
    assert count_faces([1], "pasted") == "1 face pasted"
    assert count_faces([0, 0], "pasted") == "no face: passed through unchanged"
    assert count_faces([2, 0, 1], "pasted") == "3 faces pasted\npicture 1: no face: passed through unchanged"
