"""`gpen evaluate`: how well a model restores faces whose sharp originals are known.

PAIRS holds hq and lq, or hq and lq_light, lq_medium .. (any words), with aligned square faces of the same names.
Without hq, or for a folder of pictures, NIQE is measured, and the rest against the input. Every face goes through the
model as it is: no detection, no blending, no finishing. The row hq shows what becomes of sharp faces.

PSNR, SSIM, NIQE (lower is better); fine energy: above a quarter of Nyquist, as a share of the sharp face's; comb:
pattern of two pixels' period, 1 is as a sharp face's; grid: % of the fine detail that repeats every 2, 4 or 8 px (a
sharp face: 0.1, seen from 0.5); landmark error in % of the distance of the eyes; shift of the
skin's mean colour in levels of 255. Means over the faces, medians of fine energy, comb and grid.
"""

from __future__ import annotations

import argparse
import sys

import torch
from tqdm import tqdm

from .. import registry
from ..checkpoints import EMBEDDED_NETWORK
from ..device import PRECISIONS
from ..errors import GPENError
from ..evaluation import (
    Case,
    Evaluation,
    as_dicts,
    contact_sheet,
    crop_size,
    faces_lost,
    find_cases,
    restore_face,
    table,
)
from ..faces import make_detector
from ..faces.auto import DETECTORS, installed_detectors
from ..image import write_picture
from .file_path import file_path
from .json_file import write_json_file
from .outputs import Outputs
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers

_ON_THE_SHEET = 12  # faces of each severity


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser(
        "evaluate",
        help="measure how well a model restores",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("pairs", type=file_path, metavar="PAIRS", help="folder of sharp and degraded faces")
    parser.add_argument("--model", default=EMBEDDED_NETWORK, help="file or name (default: the embedded %(default)s)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument(
        "--detector",
        choices=DETECTORS,
        help="of the landmarks (default: yunet, or embedded with an OpenCV that lacks it)",
    )
    parser.add_argument(
        "--json", type=file_path, metavar="FILE", help="write averages and the numbers of every face as JSON"
    )
    parser.add_argument(
        "--sheet",
        type=file_path,
        metavar="FILE.png",
        help="write degraded, restored and sharp faces below each other, 12 of each severity",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Measure all faces; a bad picture does not stop the others. Returns 1 when any failed."""
    cases, problems = find_cases(args.pairs)
    _check_outputs(args, cases)
    model = registry.load_model(args.model, args.device, args.precision)
    detector = make_detector(args.detector or _best_for_landmarks(), device=str(model.device))
    size = crop_size(model)
    evaluation = Evaluation(lambda face: restore_face(model, face), size, detector, _ON_THE_SHEET if args.sheet else 0)
    about = f"{model.name} in {model.precision}, faces at {size} px, landmarks by {detector.name}"
    for case in tqdm(cases, unit="face", disable=without_bar(args)):
        evaluation.add(case)
    problems += evaluation.problems
    results = evaluation.results()
    if results:
        print(f"{about}\n\n{table(results)}")
    for severity, count in faces_lost(results).items():
        print(f"note: {severity}: without landmarks of {count} face(s), not found in all pictures", file=sys.stderr)
    if args.sheet and results:
        args.sheet.parent.mkdir(parents=True, exist_ok=True)
        pixels = torch.from_numpy(contact_sheet(evaluation.seen())).float() / 255.0
        write_picture(args.sheet, pixels, None, "png", overwrite=args.overwrite)
    if args.json:
        rows = [{"about": about, **row} for row in as_dicts(results)]
        write_json_file(args.json, rows + [{"error": problem} for problem in problems])
    for problem in problems:
        print(f"failed: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _check_outputs(args: argparse.Namespace, cases: list[Case]) -> None:
    if args.sheet and args.sheet.suffix.lower() != ".png":
        raise GPENError(f"{args.sheet.name}: the sheet is written as PNG.\nEnd the name in .png.")
    read = [path for case in cases for path in (case.sharp, *case.degraded.values()) if path is not None]
    outputs = Outputs(read, args.overwrite)
    for path, what in ((args.json, "the JSON file"), (args.sheet, "the sheet")):
        if path:
            outputs.add_file(path, what)


def _best_for_landmarks() -> str:
    """Numbers of two machines compare when they take the same one: the choice is smaller than `auto`'s."""
    return "yunet" if "yunet" in installed_detectors() else "embedded"
