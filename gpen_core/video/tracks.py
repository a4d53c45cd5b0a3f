"""Which face of one frame is which of the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..faces.face import Face
from ..faces.face_window import face_size

_FARTHEST = 0.6  # sizes of the face: mean distance of the landmarks up to which two faces can be one


def distance(first: Face, second: Face) -> float:
    """Mean distance of the landmarks, in units of the larger face's size."""
    size = max(face_size(first.landmarks), face_size(second.landmarks), 1e-6)
    return float(np.linalg.norm(first.landmarks - second.landmarks, axis=1).mean()) / size


def match(known: Sequence[Face], found: Sequence[Face], farthest: float = _FARTHEST) -> dict[int, int]:
    """For numbers of known faces the number of the one found that is the same; the least sum of distances.

    (The Hungarian method: Kuhn, 1955.)
    """
    if not known or not found:
        return {}
    # Takes a second to import, and pictures do without.
    from scipy.optimize import linear_sum_assignment  # pyright: ignore[reportMissingTypeStubs]

    costs = np.array([[distance(one, other) for other in found] for one in known])
    rows, columns = linear_sum_assignment(np.minimum(costs, 2.0 * farthest))
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if costs[row, column] <= farthest}
