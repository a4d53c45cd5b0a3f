"""Five landmarks for a folder of aligned 512 px faces, by YuNet as the teacher and checked with parse masks.

YuNet (Apache-2.0, OpenCV Zoo) scatters by a few per cent of the eye distance when a picture is shifted or mirrored.
Its mean over such views is the label. A face is left out where YuNet finds none, where its views disagree, or where an
eye is far from the centroid of that eye in the CelebAMask-HQ parse mask.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gpen_core.faces.face_window import mirror_points

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]

EYES = (4, 5)  # labels of the eyes in CelebAMask-HQ parse masks
_VIEWS = ((0.0, 1.0, 0.0), (0.0, 1.0, 5.0), (-3.0, 1.0, -4.0), (3.0, 0.95, 3.0))  # degrees, scale, shift in px
_AGREEMENT = 0.06  # of the eye distance: largest mean scatter of the views
_EYE_TOLERANCE = 0.12  # of the eye distance: from the label to the centroid of the eye in the mask


class Teacher:
    """YuNet on one picture with one big face."""

    def __init__(self, file: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(str(file), "", (320, 320), 0.5)

    def points(self, picture: Picture) -> Points | None:
        """The five landmarks (5, 2) of the largest face of an RGB picture, px; None where there is none."""
        self._net.setInputSize((picture.shape[1], picture.shape[0]))
        faces = self._net.detect(np.ascontiguousarray(picture[:, :, ::-1]))[1]
        if faces is None:
            return None
        largest = max(faces, key=lambda face: face[2] * face[3])
        return largest[4:14].reshape(5, 2).astype(np.float64) - 0.5  # YuNet counts from the edges of pixels

    def label(self, picture: Picture) -> Points | None:
        """Mean over shifted, turned and mirrored views; None where one has no face or the views disagree."""
        height, width = picture.shape[:2]
        views = []
        for angle, scale, shift in _VIEWS:
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
            matrix[:, 2] += shift
            view = cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101).astype(np.uint8)
            back = cv2.invertAffineTransform(matrix)
            for mirror in (False, True):
                found = self.points(view[:, ::-1] if mirror else view)
                if found is None:
                    return None
                if mirror:
                    found = mirror_points(found, width)
                views.append(found @ back[:, :2].T + back[:, 2])
        stack = np.stack(views)
        mean = stack.mean(axis=0)
        scatter = np.linalg.norm(stack - mean, axis=2).mean() / eye_distance(mean)
        return mean if scatter <= _AGREEMENT else None


def eye_distance(points: Points) -> float:
    """Distance of the two eyes of (5, 2) points."""
    return float(np.linalg.norm(points[1] - points[0]))


def agrees(points: Points, mask: NDArray[np.uint8]) -> bool:
    """Whether every eye that the parse mask shows has its landmark nearby."""
    for label in EYES:
        rows, columns = np.nonzero(mask == label)
        if len(rows) < 20:
            continue
        centroid = np.array([columns.mean(), rows.mean()])
        if np.linalg.norm(points[:2] - centroid, axis=1).min() > _EYE_TOLERANCE * eye_distance(points):
            return False
    return True
