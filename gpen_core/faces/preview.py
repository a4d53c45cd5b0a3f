"""A picture with its faces drawn in: boxes, landmarks and the numbers by which they are chosen."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from ..image.warp import Pixels
from .detector import Picture
from .face import Face

_BOX, _POINT, _INK = (25, 230, 75), (255, 205, 25), (0, 0, 0)  # RGB
_LINE = 1 / 400  # of the picture's longer side


def draw_faces(picture: Pixels, faces: Sequence[Face]) -> Pixels:
    """A copy of the (H, W, 3) float32 RGB picture with every face's box, landmarks and number."""
    # OpenCV 5 draws text on 8 bits only.
    canvas = (np.clip(picture, 0.0, 1.0) * 255.0 + 0.5).astype(np.uint8, order="C")
    line = max(round(max(canvas.shape[:2]) * _LINE), 1)
    for face in faces:
        left, top, right, bottom = (round(value) for value in face.box)
        cv2.rectangle(canvas, (left, top), (right, bottom), _BOX, line)
        for x, y in face.landmarks if face.landmarks_68 is None else face.landmarks_68:
            cv2.circle(canvas, (round(float(x)), round(float(y))), line + 1, _POINT, cv2.FILLED, cv2.LINE_AA)
        _draw_number(canvas, str(face.index), left, top, line)
    return (canvas / np.float32(255.0)).astype(np.float32)


def _draw_number(canvas: Picture, text: str, left: int, top: int, line: int) -> None:
    """Black on a filled label above the box, or inside it at the picture's edge."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.5 + 0.2 * line
    (width, height), base = cv2.getTextSize(text, font, scale, line)
    bottom = max(top, height + base + line)
    cv2.rectangle(canvas, (left, bottom - height - base), (left + width, bottom), _BOX, cv2.FILLED)
    cv2.putText(canvas, text, (left, bottom - base // 2), font, scale, _INK, line, cv2.LINE_AA)
