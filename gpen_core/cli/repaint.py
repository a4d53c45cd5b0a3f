"""`gpen colourise`, `gpen inpaint`, `gpen seg2face`: GPEN's other networks on files and folders."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from tqdm import tqdm

from .. import registry
from ..archive.targets import plan_targets
from ..device import PRECISIONS
from ..errors import GPENError
from ..faces import make_detector
from ..image import FoundPicture, PictureFile, read_picture, write_picture
from ..image.luma import luma
from ..image.warp import Plane
from ..model import GPENModel
from ..repaint import ColouriseSettings, RepaintResult, colourise, face_from_segmentation, inpaint
from .file_path import file_path
from .inputs import collect_pictures
from .json_file import write_json_file
from .options import add_choice_options, add_detection_options, face_choice
from .outputs import Outputs
from .quiet import add_quiet_option, without_bar
from .subparsers import Subparsers

# What becomes of a picture: the result and, where faces were looked for, what was done to them.
_Work = Callable[[FoundPicture, PictureFile], tuple[Tensor, RepaintResult | None]]
_MASKED = 0.5


def add_parser(subparsers: Subparsers) -> None:
    """Add the three commands to `gpen`."""
    preset = ColouriseSettings()
    what, network = "colour the faces of grey pictures", "GPEN-Colorization-1024"
    parser = _command(subparsers, "colourise", what, network, _colourise)
    parser.add_argument(
        "--spread",
        type=float,
        default=preset.spread,
        metavar="0-100",
        help="how much of the faces' colours the picture around them gets (default: %(default)g)",
    )
    parser.add_argument(
        "--feather",
        type=float,
        default=preset.feather,
        metavar="0-1",
        help="width of the soft edge of what the network has coloured (default: %(default)g)",
    )
    parser.add_argument("--network-light", action="store_true", help="faces get the network's light too")
    _add_faces(parser)
    parser = _command(subparsers, "inpaint", "make masked parts of faces anew", "GPEN-Inpainting-1024", _inpaint)
    parser.add_argument(
        "--mask",
        type=file_path,
        metavar="MASK",
        help="a picture that is white where the input is to be made anew, or a folder of such pictures with the names "
        "of the inputs (default: what is painted over in pure white)",
    )
    _add_faces(parser)
    _command(subparsers, "seg2face", "make faces from segmentations", "GPEN-Seg2face-512", _seg2face)


def _command(
    subparsers: Subparsers, name: str, what: str, network: str, work: Callable[[argparse.Namespace, GPENModel], _Work]
) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}, with {network}.")
    parser.add_argument("inputs", nargs="+", type=file_path, metavar="INPUT", help="picture files and folders")
    parser.add_argument(
        "-o", "--output", type=file_path, required=True, metavar="OUT", help="folder, or file for one input"
    )
    parser.add_argument("--model", default=network, help="file or name (default: %(default)s)")
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument("--batch-size", type=int, default=0, metavar="N", help="faces at once, 0 for automatic")
    parser.add_argument("--format", choices=("png", "jpeg"), help="of the results (default: png)")
    parser.add_argument("--quality", type=int, default=95, metavar="1-100", help="of JPEG (default: %(default)s)")
    parser.add_argument("--recursive", action="store_true", help="also folders within folders")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    add_quiet_option(parser)
    if name == "seg2face":
        parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)")
    parser.set_defaults(func=lambda args: _run(args, work), report=None)
    return parser


def _add_faces(parser: argparse.ArgumentParser) -> None:
    add_detection_options(parser)
    add_choice_options(parser)
    parser.add_argument("--report", type=file_path, metavar="FILE", help="write what was done to each face as JSON")


def _run(args: argparse.Namespace, prepare: Callable[[argparse.Namespace, GPENModel], _Work]) -> int:
    """Work on all inputs; a bad file does not stop the others. Returns 1 when any failed."""
    pictures, unusable = collect_pictures(args.inputs, args.recursive, args.output)
    failures = [problem.text for problem in unusable]
    targets = plan_targets(pictures, args.output, args.format)
    outputs = Outputs([found.path for found in pictures], args.overwrite)
    outputs.add_pictures(targets, "the result", over_source=args.overwrite)
    if not 1 <= args.quality <= 100:
        raise GPENError(f"--quality must be 1 to 100, got {args.quality}.")
    if args.report:
        outputs.add_file(args.report, "the report")
    model = registry.load_model(args.model, args.device, args.precision)
    work = prepare(args, model)
    print(f"{model.name} on {model.device} in {model.precision}")
    entries: list[dict[str, Any]] = [problem.entry for problem in unusable]
    written = 0
    for found, target in zip(tqdm(pictures, unit="picture", disable=without_bar(args)), targets, strict=True):
        try:
            picture = read_picture(found.path)
            image, result = work(found, picture)
            like = _coloured_like(picture) if result is not None else None  # a face is no longer its segmentation
            target.result.parent.mkdir(parents=True, exist_ok=True)
            write_picture(target.result, image, like, target.format, args.quality, args.overwrite)
        except (GPENError, OSError) as error:
            failures.append(f"{found.path}: {error}")
            entries.append({"input": str(found.path), "error": str(error)})
            continue
        written += 1
        report = {} if result is None else result.report.as_dict()
        entries.append({"input": str(found.path), "output": str(target.result), **report})
        if result is not None:
            tqdm.write(f"{found.path.name}: {result.report.summary()}")
            for warning in result.report.warnings:
                print(f"note: {found.path.name}: {warning}", file=sys.stderr)
    if args.report:
        write_json_file(args.report, entries)
    for failure in failures:
        print(f"failed: {failure}", file=sys.stderr)
    print(f"{written} of {len(targets)} pictures written to {args.output}")
    return 1 if failures else 0


def _coloured_like(picture: PictureFile) -> PictureFile:
    """What is kept of the file: of a grey one not the profile, which says nothing of colours."""
    return replace(picture, grey=False, icc_profile=None) if picture.grey else picture


def _colourise(args: argparse.Namespace, model: GPENModel) -> _Work:
    choice, detector = face_choice(args), make_detector(args.detector, device=str(model.device))
    settings = ColouriseSettings(args.spread, args.feather, not args.network_light, choice, args.batch_size)

    def work(found: FoundPicture, picture: PictureFile) -> tuple[Tensor, RepaintResult]:
        result = colourise(picture.pixels, model, settings, detector=detector)
        return result.image, result

    return work


def _inpaint(args: argparse.Namespace, model: GPENModel) -> _Work:
    choice, detector = face_choice(args), make_detector(args.detector, device=str(model.device))

    def work(found: FoundPicture, picture: PictureFile) -> tuple[Tensor, RepaintResult]:
        mask = None if args.mask is None else _mask_for(found.path, args.mask)
        result = inpaint(picture.pixels, model, mask, choice=choice, batch_size=args.batch_size, detector=detector)
        return result.image, result

    return work


def _seg2face(args: argparse.Namespace, model: GPENModel) -> _Work:
    return lambda found, picture: (face_from_segmentation(picture.pixels, model, batch_size=args.batch_size), None)


def _mask_for(picture: Path, given: Path) -> Plane:
    """The mask of a picture: the file given, or the one of the picture's name in the folder given."""
    if given.is_dir():
        named = sorted(path for path in given.iterdir() if path.stem == picture.stem and path.is_file())
        if not named:
            raise GPENError(f"There is no mask {picture.stem}.png in {given}.\nGive each mask its picture's name.")
        given = named[0]
    return (luma(read_picture(given).pixels.numpy()) >= _MASKED).astype(np.float32)
