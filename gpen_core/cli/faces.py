"""`gpen faces`: draw the faces found, with their numbers, boxes and landmarks."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from ..archive.targets import plan_beside, plan_targets
from ..device import choose_device
from ..errors import GPENError
from ..faces import make_detector
from ..faces.preview import draw_faces
from ..image import FoundPicture, read_picture, write_picture
from ..image.warp import Pixels
from ..restore import find_faces
from .file_path import file_path
from .inputs import collect_pictures
from .options import add_detection_options
from .outputs import Outputs
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers

_ENDING = "_faces"
_DRAWING = re.compile(rf"(.+){_ENDING}(?:_\d+)?")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("faces", help="show which faces are found", description=__doc__)
    parser.add_argument("inputs", nargs="+", type=file_path, metavar="INPUT", help="picture files and folders")
    parser.add_argument(
        "-o",
        "--output",
        type=file_path,
        metavar="OUT",
        help="folder or file for the drawings (default: <name>_faces.png beside each)",
    )
    add_detection_options(parser)
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """List and draw the faces of all inputs. Returns 1 when any file failed."""
    pictures, unusable = collect_pictures(args.inputs, args.recursive, args.output)
    problems = [problem.text for problem in unusable]
    pictures = _without_drawings(pictures)
    targets = plan_targets(pictures, args.output, "png") if args.output else plan_beside(pictures, _ENDING)
    Outputs([found.path for found in pictures], args.overwrite).add_pictures(targets, "the drawing")
    detector = make_detector(args.detector, device=str(choose_device(args.device)))
    print(f"faces by {detector.name}")
    for target in tqdm(targets, unit="picture", disable=without_bar(args)):
        try:
            picture = read_picture(target.source)
            faces = find_faces(picture.pixels.numpy(), detector)
            _write_drawing(target.result, draw_faces(picture.pixels.numpy(), faces), args)
        except (GPENError, OSError) as error:
            problems.append(f"{target.source}: {error}")
            continue
        tqdm.write(f"{target.source}: {len(faces)} face{'' if len(faces) == 1 else 's'}")
        for face in faces:
            left, top, right, bottom = face.box
            tqdm.write(
                f"  {face.index}: box {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}, score {face.score:.2f}, "
                f"yaw {face.yaw:.0f}, pitch {face.pitch:.0f}, roll {face.roll:.0f}"
            )
    for problem in problems:
        print(f"failed: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _without_drawings(pictures: list[FoundPicture]) -> list[FoundPicture]:
    """Those that are no drawings of an earlier run, beside the picture that they were made of."""
    paths = {found.path.with_suffix("") for found in pictures}
    drawn = {found: _DRAWING.fullmatch(found.path.stem) for found in pictures}
    return [found for found, name in drawn.items() if name is None or found.path.with_name(name[1]) not in paths]


def _write_drawing(path: Path, drawing: Pixels, args: argparse.Namespace) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, torch.from_numpy(drawing), None, "png", overwrite=args.overwrite)
