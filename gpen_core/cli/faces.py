"""`gpen faces`: draw the faces found, with their numbers, boxes and landmarks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from tqdm import tqdm

from ..errors import GPENError
from ..faces import make_detector
from ..faces.preview import draw_faces
from ..image import find_pictures, read_picture, write_picture
from ..model import choose_device
from ..restore import find_faces
from .options import add_detection_options
from .targets import plan_targets


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to `gpen`."""
    parser = subparsers.add_parser("faces", help="show which faces are found", description=__doc__)
    parser.add_argument("inputs", nargs="+", type=Path, metavar="INPUT", help="picture files and folders")
    parser.add_argument("-o", "--output", type=Path, metavar="OUT", help="folder or file for the drawings")
    add_detection_options(parser)
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """List the faces of all inputs and draw them where an output is given. Returns 1 when any file failed."""
    pictures = find_pictures(args.inputs, args.recursive)
    targets = plan_targets(pictures, args.output, None) if args.output else None
    detector = make_detector(args.detector, device=str(choose_device(args.device)))
    print(f"faces by {detector.name}")
    failures = 0
    for number, found in enumerate(tqdm(pictures, unit="picture", disable=None)):
        try:
            picture = read_picture(found.path)
            faces = find_faces(picture.pixels.numpy(), detector)
            if targets is not None:
                targets[number].result.parent.mkdir(parents=True, exist_ok=True)
                drawn = torch.from_numpy(draw_faces(picture.pixels.numpy(), faces))
                write_picture(targets[number].result, drawn, None, targets[number].format, overwrite=args.overwrite)
        except (GPENError, OSError) as error:
            print(f"failed: {found.path}: {error}", file=sys.stderr)
            failures += 1
            continue
        tqdm.write(f"{found.path}: {len(faces)} face{'' if len(faces) == 1 else 's'}")
        for face in faces:
            left, top, right, bottom = face.box
            tqdm.write(
                f"  {face.index}: box {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}, score {face.score:.2f}, "
                f"yaw {face.yaw:.0f}, pitch {face.pitch:.0f}, roll {face.roll:.0f}"
            )
    return 1 if failures else 0
