"""Where the five landmarks of a face lie in an aligned crop: the templates that face networks were trained with."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Template = Literal["gpen", "ffhq"]
TEMPLATES: tuple[Template, ...] = get_args(Template)

# Left eye, right eye, nose, left and right corner of the mouth. GPEN: the 96x112 template of the original, made
# square by 8 px at either side and padded by a quarter (28 px) all around, hence a frame of 168 px. The original holds
# the points in float32.
_GPEN_96X112 = np.array(
    [[30.2946, 51.6963], [65.5318, 51.5014], [48.0252, 71.7366], [33.5493, 92.3655], [62.7299, 92.2041]], np.float32
)
_GPEN_OFFSET, _GPEN_FRAME = np.array([8.0 + 28.0, 28.0]), 168.0
# FFHQ: the same landmarks in a 512 px crop of the FFHQ data set, as face restoration tools commonly use it.
_FFHQ_512 = np.array(
    [
        [192.9814, 239.9471],
        [318.9028, 240.1936],
        [256.6342, 314.0194],
        [201.2612, 371.4104],
        [313.0891, 371.1512],
    ]
)


def template_points(size: int, template: Template = "gpen") -> NDArray[np.float64]:
    """Where the five landmarks lie in a crop of `size` px, (5, 2)."""
    if template == "gpen":
        return (_GPEN_96X112.astype(np.float64) + _GPEN_OFFSET) * (size / _GPEN_FRAME)
    return _FFHQ_512 * (size / 512.0)
