"""Faces and networks that do not belong together, and which network would fit."""

from __future__ import annotations

from collections.abc import Sequence

from ..faces.face import FaceCrop
from ..image.geometry import scale_of
from ..message import Message
from ..network import FaceNetwork
from ..quality.resources import published_for

_PUBLISHED = {256, 512, 1024, 2048}  # px
_FAR_SMALLER, _FAR_LARGER = 1.0 / 3.0, 2.0  # of the network's size

_OTHER_WORK = {  # words in the names of GPEN's other networks, which their tensors do not tell from the restorers
    "colorization": Message("GPEN Colourise"),
    "inpainting": Message("GPEN Inpaint"),
    "seg2face": Message("GPEN Face from Segmentation"),
}


def other_work(name: str) -> tuple[str, ...]:
    """A warning where the network of that name is one of GPEN's that do not restore."""
    what = "{model} is made for {work}, not for restoring faces"
    found = [work for word, work in _OTHER_WORK.items() if word in name.casefold()]
    return tuple(Message(what, model=name, work=work) for work in found)


def misfits(crops: Sequence[FaceCrop], network: FaceNetwork) -> tuple[str, ...]:
    """A warning for each published network that would fit some of the faces far better, with their number and size.

    crops: as the network was given them. Networks of unusual sizes are left alone: what fits is not known of them.
    """
    if not set(network.sizes) <= _PUBLISHED:
        return ()
    sides: dict[str, list[float]] = {}
    for crop in crops:
        side = crop.size / scale_of(crop.image_to_crop)  # px of the picture
        name, size = published_for(side)
        smaller = side < _FAR_SMALLER * network.sizes[0] and size < network.sizes[0]
        larger = side > _FAR_LARGER * network.sizes[-1] and size > network.sizes[-1]
        if smaller or larger:
            sides.setdefault(name, []).append(side)
    return tuple(_warning(name, own, network) for name, own in sides.items())


def _warning(name: str, sides: Sequence[float], network: FaceNetwork) -> str:
    one = "{count} face fills {most} px, this network makes {sizes}: {name} would fit better"
    several = "{count} faces fill {least} to {most} px, this network makes {sizes}: {name} would fit better"
    return Message(
        one if len(sides) == 1 else several,
        count=len(sides),
        least=f"{min(sides):.0f}",
        most=f"{max(sides):.0f}",
        sizes=", ".join(map(str, network.sizes)),
        name=name,
    )
