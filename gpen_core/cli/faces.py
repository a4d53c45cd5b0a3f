"""`gpen faces`: draw the faces found, with their numbers, boxes and landmarks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from ..device import choose_device
from ..errors import GPENError
from ..faces import make_detector
from ..faces.preview import draw_faces
from ..image import read_picture, write_picture
from ..image.warp import Pixels
from ..restore import find_faces
from .inputs import collect_pictures
from .options import add_detection_options
from .subparsers import Subparsers
from .targets import plan_targets


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("faces", help="show which faces are found", description=__doc__)
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="picture files and folders")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="OUT",
        help="folder or file for the drawings (default: <name>_faces.png beside each)",
    )
    add_detection_options(parser)
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """List and draw the faces of all inputs. Returns 1 when any file failed."""
    pictures, problems = collect_pictures(args.inputs, args.recursive, args.output)
    results = [target.result for target in plan_targets(pictures, args.output, "png")] if args.output else None
    detector = make_detector(args.detector, device=str(choose_device(args.device)))
    print(f"faces by {detector.name}")
    for number, found in enumerate(tqdm(pictures, unit="picture", disable=None)):
        beside = found.path.with_name(f"{found.path.stem}_faces.png")
        try:
            picture = read_picture(found.path)
            faces = find_faces(picture.pixels.numpy(), detector)
            _write_drawing(results[number] if results else beside, draw_faces(picture.pixels.numpy(), faces), args)
        except (GPENError, OSError) as error:
            problems.append(f"{found.path}: {error}")
            continue
        tqdm.write(f"{found.path}: {len(faces)} face{'' if len(faces) == 1 else 's'}")
        for face in faces:
            left, top, right, bottom = face.box
            tqdm.write(
                f"  {face.index}: box {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}, score {face.score:.2f}, "
                f"yaw {face.yaw:.0f}, pitch {face.pitch:.0f}, roll {face.roll:.0f}"
            )
    for problem in problems:
        print(f"failed: {problem}", file=sys.stderr)
    return 1 if problems else 0


def _write_drawing(path: Path, drawing: Pixels, args: argparse.Namespace) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_picture(path, torch.from_numpy(drawing), None, "png", overwrite=args.overwrite)
