"""A picture measured once, and what follows from it: the one way to advice, of the command line and of the nodes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..faces.face import Face
from ..faces.selection import FaceChoice, choose_faces
from ..image.warp import Pixels
from ..settings import RestoreSettings
from .advice import Advice, advise, with_advised
from .measures import PictureMeasures, measure_picture
from .resources import MemoryBudget


@dataclass(frozen=True, eq=False)
class PictureAdvice:
    """What was measured of a picture, and the advice on it as a whole.

    faces: their sharpness filled in. measures: of the picture and of those faces, in the same order.
    advice: for a restoration of all of them; `settings_for` is for a choice of them.
    """

    faces: tuple[Face, ...]
    measures: PictureMeasures
    advice: Advice

    def settings_for(self, base: RestoreSettings) -> RestoreSettings:
        """`base` with the advised values of everything that depends on the picture and its faces.

        Of `base` stay: scope and background, tiles and batch, template, feather and lens, and the choice of faces; only
        the faces it takes are looked at, and those that are best left alone are taken out of it. Where it takes none,
        the answer is `base`.
        """
        measures = self._measures_of(base.choice)
        return with_advised(base, advise(measures).settings) if measures.faces else base

    def as_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {"measures": self.measures.as_dict(), "advice": self.advice.as_dict()}

    def _measures_of(self, choice: FaceChoice) -> PictureMeasures:
        chosen = choose_faces(self.faces, choice, self.measures.height, self.measures.width)
        taken = [measured for entry, measured in zip(chosen, self.measures.faces, strict=True) if entry.skipped is None]
        return replace(self.measures, faces=tuple(taken))


def advise_picture(
    picture: Pixels,
    faces: Sequence[Face],
    budget: MemoryBudget | None = None,
    here: Collection[str] | None = None,
) -> PictureAdvice:
    """Measure a (H, W, 3) picture and its faces, as `find_faces` gives them, and advise on them.

    budget: memory of the device that is to run the network, see `memory_budget`; None where it is unknown.
    here: the published networks that are here, see `networks_here`; None to choose from all of them.
    """
    measures = measure_picture(picture, faces)
    pairs = zip(faces, measures.faces, strict=True)
    with_sharpness = tuple(replace(face, sharpness=measured.sharpness) for face, measured in pairs)
    return PictureAdvice(with_sharpness, measures, advise(measures, budget, here=here))
