"""The face detector that needs nothing but torch: two tiny networks, 0.7 MB, trained by this project."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file

from ..checkpoints import embedded_folder
from ..errors import CheckpointError
from ..image.geometry import apply, invert
from ..network.uninitialised import NoRandomWeights
from ..progress import Progress, silent
from .detector import Picture
from .face import Face, Points
from .face_window import box_landmarks, cut_window, face_box, image_to_window, mirror_points
from .landmark_network import CELL, WINDOW, FaceNetworks
from .search import Detections, SearchPlan, merge, search

WEIGHTS = embedded_folder() / "face-landmarks-5.safetensors"

_PROPOSAL_LOGIT = -2.0  # least of a proposal worth a look
_MOST_PROPOSALS = 256  # in one copy of the picture
# The network was trained on about as many faces as others; in a search the others are far more frequent. By Bayes' rule
# the logarithm of that ratio comes off the logit. A ratio of 1000 puts faces above 0.7, nearly all else below 0.5.
_PRIOR_LOGIT = -math.log(1000.0)
_SECOND_LOOK_LOGIT = -9.0  # least after the first look, which a second one may still raise to that of a face
_LOOKS_IN_BOX = 3  # a box given from outside places the first window but roughly
_SCALES = (0.87, 1.0, 1.15)  # of the windows in which a face is followed
# In 112 pictures every clear face scored 0.80 or more, the best of what was no face 0.68.
SCORE_THRESHOLD = 0.7

_PLAN = SearchPlan(
    always=(48, 80, 160, 320, 640, 1280),
    finer=(2560,),
    coarser=(),
    turned=(48, 80, 160, 320, 640),
    small=30,
    sure=0.9,
    score=SCORE_THRESHOLD,
    turned_score=SCORE_THRESHOLD,
    lone_score=0.02,
)

_loading = threading.Lock()


class EmbeddedDetector:
    """Finds faces from about 10 px, on the CPU and with every OpenCV. One object may serve several threads.

    Raises CheckpointError where the weight file of this project is missing or broken.
    """

    name = "embedded"

    def __init__(self) -> None:
        with _loading:
            self._networks = _load(WEIGHTS)

    def detect(self, picture: Picture, progress: Progress = silent) -> list[Face]:
        """Faces of a (H, W, 3) uint8 RGB picture of any size, in the picture's own pixels, best score first.

        progress: as of `PatientDetector`.
        """
        found = search(picture, partial(self._detect_once, progress), _PLAN, progress)
        logits, points = self._look(picture, found.points)
        scores = np.minimum(found.scores, _probability(logits))
        lone = found.scores.max(initial=0) < _PLAN.score
        least = _PLAN.lone_score if lone else _PLAN.score
        faces = merge([_detections(scores, points)], least, least)
        return [
            Face(box=face_box(points), landmarks=points, score=float(score))
            for points, score in zip(faces.points, faces.scores, strict=True)
        ]

    def follow(self, picture: Picture, expected: Points) -> tuple[float, Points]:
        """How probable a face is where (5, 2) landmarks, px, are expected in a picture, 0 to 1, and its own landmarks.

        Of several looks the mean: steadier from frame to frame than what a search finds (second differences over 60
        frames of a face that keeps still 0.3 to 0.6 % of the distance of the eyes, of YuNet 0.9 to 3.3 %).
        """
        _, points = self._look(picture, expected[None])
        centre = points.mean(axis=1, keepdims=True)
        logits, seen = self._look(picture, np.concatenate([(points - centre) * scale + centre for scale in _SCALES]))
        return float(_probability(logits).mean()), seen.mean(axis=0)

    def landmarks_in(self, picture: Picture, boxes: Sequence[tuple[float, float, float, float]]) -> list[Points]:
        """The (5, 2) landmarks, px, of the face in each box (x1, y1, x2, y2) of a (H, W, 3) uint8 picture."""
        points = np.array([box_landmarks(box) for box in boxes]).reshape(-1, 5, 2)
        for _ in range(_LOOKS_IN_BOX):
            _, points = self._look(picture, points)
        return list(points)

    def _detect_once(self, progress: Progress, copy: Picture) -> Detections:
        """Faces of 18 to 42 px: proposed, then looked at twice."""
        proposed = self._propose(copy)
        progress(0, None)
        logits, points = self._look(copy, proposed)
        progress(0, None)
        logits, points = self._look(copy, points[logits >= _SECOND_LOOK_LOGIT])
        return _detections(_probability(logits), points)

    def _propose(self, copy: Picture) -> Points:
        """Rough landmarks (N, 5, 2) of what may be a face: the peaks of the proposals' scores."""
        with torch.inference_mode():
            logits, offsets = self._networks.proposals(_to_tensor(copy[None]))
            highest = torch.nn.functional.max_pool2d(logits, 3, 1, 1)
            peak = (logits == highest) & (logits > _PROPOSAL_LOGIT)
            rows, columns = peak[0].nonzero(as_tuple=True)
            best = logits[0, rows, columns].argsort(descending=True, stable=True)[:_MOST_PROPOSALS]
            rows, columns = rows[best], columns[best]
            centres = torch.stack([columns, rows], dim=-1)[:, None] * CELL + (CELL - 1) / 2
            return (offsets[0, rows, columns] + centres).double().numpy()

    def _look(self, picture: Picture, points: Points) -> tuple[NDArray[np.float64], Points]:
        """Log odds (N,) of being a face and landmarks (N, 5, 2), from windows placed by the present landmarks.

        Means over each window and its mirror image.
        """
        if not len(points):
            return np.zeros(0), points
        frames = [image_to_window(each, WINDOW) for each in points]
        windows = np.stack([cut_window(picture, frame, WINDOW) for frame in frames])
        with torch.inference_mode():
            logits, seen = self._networks.landmarks(_to_tensor(np.concatenate([windows, windows[:, :, ::-1]])))
            mean = logits.double().unflatten(0, (2, -1)).mean(dim=0).numpy() + _PRIOR_LOGIT
            straight, mirrored = seen.double().unflatten(0, (2, -1)).numpy()
        seen = (straight + mirror_points(mirrored, WINDOW)) / 2
        return mean, np.stack([apply(invert(frame), each) for frame, each in zip(frames, seen, strict=True)])


def _detections(scores: NDArray[np.float64], points: Points) -> Detections:
    boxes = np.array([face_box(each) for each in points]).reshape(-1, 4)
    return Detections.upright(boxes, scores, points)


def _probability(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1 / (1 + np.exp(-log_odds))


def _to_tensor(pictures: NDArray[np.uint8]) -> torch.Tensor:
    fresh = np.array(pictures, order="C")  # no negative strides, which torch refuses
    return torch.from_numpy(fresh).permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)


@functools.cache
def _load(file: Path) -> FaceNetworks:
    """The networks, shared by all detectors."""
    with NoRandomWeights():
        networks = FaceNetworks()
    state = networks.state_dict()  # the counters of the batch normalisation, used in training only, are not stored
    try:
        networks.load_state_dict(state | {name: tensor.float() for name, tensor in load_file(file).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(
            f"{file.name} cannot be loaded: expected the weights of the embedded face detector.\n"
            f"File: {file}\nIt belongs to this project: restore it from the repository or reinstall.\nCause: {error}"
        ) from error
    return networks.eval().requires_grad_(False)
