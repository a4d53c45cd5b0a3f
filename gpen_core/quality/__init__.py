"""How good a picture and its faces are, what settings suit them, and a chart of both."""

from .advice import Advice, advise
from .chart import draw_chart
from .measures import FaceMeasures, PictureMeasures, measure_face, measure_picture
from .picture_advice import PictureAdvice, advise_picture
from .reasons import FaceAdvice, Recommended
from .replaced import replaced_settings
from .resources import MemoryBudget, memory_budget

__all__ = [
    "Advice",
    "FaceAdvice",
    "FaceMeasures",
    "MemoryBudget",
    "PictureAdvice",
    "PictureMeasures",
    "Recommended",
    "advise",
    "advise_picture",
    "draw_chart",
    "measure_face",
    "measure_picture",
    "memory_budget",
    "replaced_settings",
]
