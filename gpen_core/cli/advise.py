"""`gpen advise`: measure pictures and their faces, and recommend settings."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from typing import Any

import torch
from tqdm import tqdm

from ..archive.targets import plan_targets
from ..checkpoints import networks_here
from ..device import choose_device
from ..errors import GPENError
from ..faces import FaceDetector, make_detector
from ..image import FoundPicture, read_picture, write_picture
from ..quality import MemoryBudget, PictureAdvice, advise_picture, draw_chart, memory_budget
from ..restore import find_faces
from .file_path import file_path
from .inputs import collect_pictures
from .json_file import write_json_file
from .options import add_detection_options
from .outputs import Outputs
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("advise", help="recommend settings for pictures", description=__doc__)
    parser.add_argument("inputs", nargs="+", type=file_path, metavar="INPUT", help="picture files and folders")
    parser.add_argument(
        "--chart", type=file_path, metavar="OUT", help="draw a chart: a folder, or a .png or .jpg file for one input"
    )
    parser.add_argument("--json", type=file_path, metavar="FILE", help="write measures and advice as JSON")
    add_detection_options(parser)
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Advise on all inputs; a bad file does not stop the others. Returns 1 when any failed."""
    pictures, unusable = collect_pictures(args.inputs, args.recursive, args.chart)
    problems = [problem.text for problem in unusable]
    outputs = Outputs([found.path for found in pictures], args.overwrite)
    targets = plan_targets(pictures, args.chart, None) if args.chart else None
    if targets:
        outputs.add_pictures(targets, "the chart")
    if args.json:
        outputs.add_file(args.json, "the JSON file")
    device = choose_device(args.device)
    detector = make_detector(args.detector, device=str(device))
    budget, here = memory_budget(device), networks_here()
    entries: list[dict[str, Any]] = [problem.entry for problem in unusable]
    for number, found in enumerate(tqdm(pictures, unit="picture", disable=without_bar(args))):
        try:
            advised = _advise_file(found, detector, budget, here)
            if targets:
                target = targets[number]
                target.result.parent.mkdir(parents=True, exist_ok=True)
                chart = torch.from_numpy(draw_chart(advised.measures, advised.advice))
                write_picture(target.result, chart, None, target.format, overwrite=args.overwrite)
        except (GPENError, OSError) as error:
            problems.append(f"{found.path}: {error}")
            entries.append({"input": str(found.path), "error": str(error)})
            continue
        tqdm.write(f"{found.path}: {advised.measures.summary()}\n{advised.advice.summary()}")
        entries.append({"input": str(found.path), **advised.as_dict()})
    if args.json:
        write_json_file(args.json, entries)
    for problem in problems:
        print(f"failed: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _advise_file(
    found: FoundPicture, detector: FaceDetector, budget: MemoryBudget, here: Collection[str]
) -> PictureAdvice:
    picture = read_picture(found.path).pixels.numpy()
    return advise_picture(picture, find_faces(picture, detector), budget, here)
