"""Options of commands that restore pictures: with which network, and how."""

from __future__ import annotations

import argparse

from .. import registry
from ..archive import Job
from ..checkpoints import EMBEDDED_NETWORK
from ..device import PRECISIONS
from ..network import DEFAULT_FIDELITY
from ..settings import RestoreSettings
from .options import (
    add_choice_options,
    add_detection_options,
    add_settings_options,
    face_choice,
    given_settings,
    with_given_settings,
)


def add_job_options(parser: argparse.ArgumentParser) -> None:
    """The network, the settings, the choice of faces, and the kind of files that are written."""
    parser.add_argument("--model", default=EMBEDDED_NETWORK, help="file or name (default: the embedded %(default)s)")
    add_detection_options(parser)
    parser.add_argument("--precision", default="auto", choices=PRECISIONS)
    parser.add_argument(
        "--variant",
        default="full",
        choices=registry.VARIANTS,
        help="pruned: a smaller, faster network made of the same file, for faces (default: full)",
    )
    parser.add_argument(
        "--fidelity",
        type=float,
        default=DEFAULT_FIDELITY,
        metavar="0-1",
        help="of CodeFormer: 0 for the best-looking face, 1 for the one most like the picture (default: %(default)s)",
    )
    parser.add_argument(
        "--auto",
        action="store_true",
        help="settings not given are as `gpen advise` recommends for each picture; sharp faces are left alone",
    )
    add_settings_options(parser)
    add_choice_options(parser)
    parser.add_argument("--format", choices=("png", "jpeg"), help="of the results (default: png)")
    parser.add_argument("--quality", type=int, default=95, metavar="1-100", help="of JPEG (default: %(default)s)")
    parser.add_argument("--compare", action="store_true", help="also write before | after pictures and clips")


def job_of(args: argparse.Namespace) -> Job:
    """What the options ask for. Raises GPENError for an impossible value."""
    return Job(
        model=args.model,
        device=args.device,
        precision=args.precision,
        variant=args.variant,
        fidelity=args.fidelity,
        detector=args.detector,
        settings=with_given_settings(RestoreSettings(choice=face_choice(args)), args),
        auto=args.auto,
        given=given_settings(args),
        quality=args.quality,
        compare=args.compare,
    )
