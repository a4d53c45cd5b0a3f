"""GPEN's other networks: faces coloured, filled in, or made from a segmentation.

Their results are shown as they are: nothing pulls them back to the colours and light of what they were made from, as
restoration does.
"""

from .colourise import ColouriseSettings, colourise
from .inpaint import inpaint, white_strokes
from .report import RepaintReport, RepaintResult
from .segmentation import LABELS, PALETTE, face_from_segmentation

__all__ = [
    "LABELS",
    "PALETTE",
    "ColouriseSettings",
    "RepaintReport",
    "RepaintResult",
    "colourise",
    "face_from_segmentation",
    "inpaint",
    "white_strokes",
]
