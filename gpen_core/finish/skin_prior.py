"""Where skin is expected before the colours of the picture are known, from the landmarks of the face alone.

All lengths are px of the upright frame: the face aligned to the template "gpen" at 256 px. They were measured on the
parse masks of 500 CelebA-HQ faces and tuned on 120 of them; tools/measure/skin_report.py shows what comes of it on
others.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from ..faces.face import Points
from ..image.warp import Plane

FRAME = 256  # px, side of the upright frame

# The face without hair: half an ellipse to the hairline, half of one to the chin. It moves against the tip of the nose
# when the head turns, and in width hardly changes.
_CENTRE = (128.4, 140.0)
_NOSE_SHIFT = -1.5  # px per px of the nose's offset from the middle line
_HALF_WIDTH, _UP, _DOWN = 60.5, 105.0, 82.5
_SPREAD_UP, _SPREAD_DOWN = 1.6, 0.8  # px: how uncertain the line is; towards the neck, colours cannot tell
_SURE, _NEVER = 8.5, -9.0  # log-odds
# Hair may fall over the forehead: from row to row, the log-odds at most.
_HAIRLINE_ROWS, _HAIRLINE_ODDS = (60.0, 110.0), (-1.0, _SURE)

# Ellipses: dx towards the temple and dy from the landmark, half width, half height; lips in widths of the mouth.
_EYE, _BROW, _NOSTRIL = (0.5, 0.0, 10.0, 4.6), (2.5, -14.2, 22.0, 6.3), (8.0, 8.5, 5.5, 3.5)
_LIPS_DOWN, _LIPS_HALF_WIDTH, _LIPS_HALF_HEIGHT = 6.0, 0.51, 13.0
_LEAST_MOUTH = 30.0  # in a profile, the corners of the mouth lie close together
_BROW_ODDS, _NOSTRIL_ODDS = -3.0, -0.5  # there the colours decide
_FEATURE_SPREAD = 0.8  # px

# The same from 68 landmarks: outlines, and how far beyond them a feature goes.
_EYES_68, _LIPS_68 = (slice(36, 42), slice(42, 48)), slice(48, 60)
_BROWS_68, _JAW_68 = (slice(17, 22), slice(22, 27)), slice(0, 17)
_EYE_MARGIN, _LIPS_MARGIN, _BROW_HALF_HEIGHT = 2.0, 1.0, 5.0


def prior_odds(points: Points, points_68: Points | None = None) -> Plane:
    """Log-odds of skin, (FRAME, FRAME), from five or 68 landmarks in px of the frame."""
    odds = _outline_odds(points, points_68)
    features = _ellipses(points) if points_68 is None else _outlines(points_68)
    for distance, least in (*features, *_nostrils(points)):
        odds = np.minimum(odds, np.maximum(distance / _FEATURE_SPREAD, least))
    return odds


def _outline_odds(points: Points, points_68: Points | None) -> Plane:
    middle = points[[0, 1, 3, 4], 0].mean()
    centre = _CENTRE[0] + _NOSE_SHIFT * (points[2, 0] - middle), _CENTRE[1]
    upper = _ellipse(centre, _HALF_WIDTH, _UP)
    lower = _ellipse(centre, _HALF_WIDTH, _DOWN)
    rows = np.arange(FRAME, dtype=np.float32)
    above = rows[:, None] < centre[1]
    odds = np.where(above, -upper / _SPREAD_UP, -lower / _SPREAD_DOWN)
    if points_68 is not None:
        jaw = -_polygon(_closed_over_forehead(points_68[_JAW_68])) / _SPREAD_DOWN
        odds = np.where(above, odds, jaw)
    most = np.interp(rows, _HAIRLINE_ROWS, _HAIRLINE_ODDS).astype(np.float32)
    return np.clip(odds, _NEVER, most[:, None]).astype(np.float32)


def _closed_over_forehead(jaw: Points) -> Points:
    return np.concatenate([jaw, [[jaw[-1, 0], 0.0], [jaw[0, 0], 0.0]]])


def _ellipses(points: Points) -> list[tuple[Plane, float]]:
    """Distance to eyes, brows and lips, px, and the least log-odds on them."""
    found = []
    for eye, side in ((points[0], -1.0), (points[1], 1.0)):
        for (dx, dy, half_width, half_height), least in ((_EYE, _NEVER), (_BROW, _BROW_ODDS)):
            found.append((_ellipse((eye[0] + side * dx, eye[1] + dy), half_width, half_height), least))
    left, right = points[3], points[4]
    width = max(float(np.linalg.norm(right - left)), _LEAST_MOUTH)
    x, y = (left + right) / 2
    found.append((_ellipse((x, y + _LIPS_DOWN), _LIPS_HALF_WIDTH * width, _LIPS_HALF_HEIGHT), _NEVER))
    return found


def _outlines(points_68: Points) -> list[tuple[Plane, float]]:
    found = [(_polygon(points_68[outline]) - _EYE_MARGIN, _NEVER) for outline in _EYES_68]
    found.append((_polygon(points_68[_LIPS_68]) - _LIPS_MARGIN, _NEVER))
    found += [(_line(points_68[brow]) - _BROW_HALF_HEIGHT, _BROW_ODDS) for brow in _BROWS_68]
    return found


def _nostrils(points: Points) -> list[tuple[Plane, float]]:
    dx, dy, half_width, half_height = _NOSTRIL
    x, y = points[2]
    return [(_ellipse((x + side * dx, y + dy), half_width, half_height), _NOSTRIL_ODDS) for side in (-1.0, 1.0)]


def _ellipse(centre: tuple[float, float], half_width: float, half_height: float) -> Plane:
    """About the distance of each pixel to an ellipse, px, negative inside."""
    grid = np.arange(FRAME, dtype=np.float32)
    x, y = (grid - np.float32(centre[0])) / half_width, (grid - np.float32(centre[1])) / half_height
    return (np.sqrt(np.square(x)[None, :] + np.square(y)[:, None]) - 1.0).astype(np.float32) * min(
        half_width, half_height
    )


def _polygon(points: Points) -> Plane:
    """Distance of each pixel to an outline, px, negative inside."""
    inside = np.zeros((FRAME, FRAME), np.uint8)
    cv2.fillPoly(inside, [np.rint(points).astype(np.int32)], 1)
    return _distance(1 - inside) - _distance(inside)


def _line(points: Points) -> Plane:
    """Distance of each pixel to a line through the points, px."""
    free = np.ones((FRAME, FRAME), np.uint8)
    cv2.polylines(free, [np.rint(points).astype(np.int32)], False, 0)
    return _distance(free)


def _distance(mask: NDArray[np.uint8]) -> Plane:
    return cv2.distanceTransform(mask, cv2.DIST_L2, 3).astype(np.float32, copy=False)
