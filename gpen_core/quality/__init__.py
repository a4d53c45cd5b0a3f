"""How good a picture and its faces are, what settings suit them, and a chart of both."""

from .advice import Advice, advise, settings_for, with_advised
from .chart import draw_chart
from .measures import FaceMeasures, PictureMeasures, measure_face, measure_picture, with_sharpness
from .reasons import FaceAdvice, Recommended

__all__ = [
    "Advice",
    "FaceAdvice",
    "FaceMeasures",
    "PictureMeasures",
    "Recommended",
    "advise",
    "draw_chart",
    "measure_face",
    "measure_picture",
    "settings_for",
    "with_advised",
    "with_sharpness",
]
