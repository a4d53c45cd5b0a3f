"""How large the crops of each track are: a size that is kept, because a change would be seen."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..faces import Face
from ..image.warp import Pixels
from ..model import GPENModel
from ..restore.crop_size import crop_size
from ..template import Template

_EVERY = 0.5  # s between two times that a face is measured
_AGREE = 3  # measures in a row that must ask for another size


@dataclass(frozen=True)
class _Kept:
    size: int
    measured: float
    others: int = 0  # measures in a row that asked for another size


class CropSizes:
    """The size of crop that serves each track best, measured now and then."""

    def __init__(self, model: GPENModel) -> None:
        self._model = model
        self._kept: dict[int, _Kept] = {}

    def of(self, picture: Pixels, face: Face, time: float, template: Template) -> int:
        """px, for the face of a (H, W, 3) frame whose index is the number of its track."""
        kept = self._kept.get(face.index)
        if kept is None or time - kept.measured >= _EVERY:
            size = crop_size(picture, face, self._model, template)
            kept = _Kept(size, time) if kept is None else _after(kept, size, time)
            self._kept[face.index] = kept
        return kept.size


def _after(kept: _Kept, size: int, time: float) -> _Kept:
    if size == kept.size:
        return _Kept(size, time)
    if kept.others + 1 >= _AGREE:
        return _Kept(size, time)
    return replace(kept, measured=time, others=kept.others + 1)
