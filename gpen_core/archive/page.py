"""The report as one page: totals, times, and a picture with a slider between before and after for each entry."""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeAlias

from .overlap import Check, overlapped
from .thumbnails import thumbnail
from .totals import Totals
from .whole_file import writing_whole

_MOST = 10_000  # pictures on a page
_SIDES = ((1000, 320), (4000, 200), (_MOST, 128))  # px of thumbnails, by number of pictures: 20 to 50 MB a page
_LOW = 0.7  # score of a face that deserves a look
_IN_CHUNK = 100  # thumbnails that a browser decodes together, when one of them comes into view
_AT_ONCE = 3  # files read together
_Pair: TypeAlias = "tuple[str | None, str | None]"  # thumbnails before and after
_NOTHING: _Pair = (None, None)
_DATA, _CHUNKS = "/*DATA*/", "<!--CHUNKS-->"


def write_page(
    path: Path, entries: Iterable[dict[str, Any]], totals: Totals, progress: Callable[[int], None] = lambda done: None
) -> int:
    """Write a page that needs no other file and no network.

    entries: as reports have them, with "seconds" where they are known. totals: gets their sums as well.
    progress: called with the number of pictures whose thumbnails are made.
    Of more than 10,000 pictures those that failed come first, then those with warnings, without a face, with a face
    that is not certain; the page says how many it shows. Returns that number. Raises GPENError where the file cannot
    be written.
    """
    numbers = count()
    summed = (totals.add(entry) or (_urgency(entry), next(numbers), entry) for entry in entries)
    chosen = sorted(heapq.nsmallest(_MOST, summed, key=lambda each: each[:2]), key=lambda each: each[1])
    pictures = [entry for _, _, entry in chosen]
    template = Path(__file__).with_name("page.html").read_text(encoding="utf-8")
    head, rest = template.split(_CHUNKS)
    with writing_whole(path) as file:
        data = {
            "totals": list(totals.lines()),
            "left_out": totals.written + totals.failed - len(pictures),
            "chunk": _IN_CHUNK,
            "low": _LOW,
            "pictures": list(map(_shown, pictures)),
        }
        file.write(head)
        for number, chunk in enumerate(_chunks(pictures, progress)):
            file.write(f'<script type="application/json" id="thumbnails-{number}">{_safe(chunk)}</script>\n')
        file.write(rest.replace(_DATA, _safe(data)))
    return len(pictures)


def _safe(values: Any) -> str:
    """JSON that ends no script and opens no comment, whatever files are called."""
    text = json.dumps(values, separators=(",", ":"))  # all but ASCII escaped, lone surrogates too
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _faces(entry: dict[str, Any]) -> list[dict[str, Any]]:
    return [face for picture in entry.get("pictures", ()) for face in picture["faces"]]


def _lowest(entry: dict[str, Any]) -> float:
    return min((face["score"] for face in _faces(entry)), default=1.0)


def _urgency(entry: dict[str, Any]) -> int:
    """0 for what most deserves a look."""
    reasons = ("error" in entry, bool(entry.get("warnings")), not _faces(entry), _lowest(entry) < _LOW)
    return next((number for number, reason in enumerate(reasons) if reason), len(reasons))


def _shown(entry: dict[str, Any]) -> dict[str, Any]:
    """What the page says of a picture."""
    faces = _faces(entry)
    shown: dict[str, Any] = {"name": entry["input"], "faces": len(faces)}
    if "error" in entry:
        return {**shown, "error": entry["error"]}
    shown["restored"] = sum(face["skipped"] is None for face in faces)
    shown["score"] = _lowest(entry)
    shown["searched"] = all(picture["searched"] for picture in entry["pictures"])
    shown["size"] = [entry["pictures"][0]["width"], entry["pictures"][0]["height"]]
    shown["notes"] = [*map(str, entry["warnings"]), *(f"face {f['index']}: {f['note']}" for f in faces if f["note"])]
    shown["skipped"] = [f"face {face['index']}: {face['skipped']}" for face in faces if face["skipped"]]
    shown["seconds"] = entry.get("seconds")
    shown["output"] = entry["output"]
    return shown


def _chunks(pictures: Sequence[dict[str, Any]], progress: Callable[[int], None]) -> Generator[list[_Pair], None, None]:
    """Thumbnails before and after, read anew from the files, in chunks."""
    side = next(side for most, side in _SIDES if len(pictures) <= most)

    def work(entry: dict[str, Any], check: Check) -> _Pair:
        check()
        if "error" in entry:
            return _NOTHING
        return thumbnail(Path(entry["input"]), side), thumbnail(Path(entry["output"]), side)

    done = 0
    with closing(overlapped(work, pictures, _AT_ONCE)) as outcomes:
        made = (outcome.value or _NOTHING for outcome in outcomes)
        while chunk := list(islice(made, _IN_CHUNK)):
            done += len(chunk)
            progress(done)
            yield chunk
