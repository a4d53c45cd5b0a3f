"""Options of clips, and what they mean."""

from __future__ import annotations

import argparse

from ..video import CODECS, Encoding, VideoSettings


def add_clip_options(parser: argparse.ArgumentParser) -> None:
    """--temporal, --codec, --crf, --keep-partial."""
    group = parser.add_argument_group("clips")
    group.add_argument(
        "--temporal",
        type=float,
        default=VideoSettings().temporal,
        metavar="0-100",
        help="how steady faces are in time; 0 restores each frame by itself (default: %(default)g)",
    )
    group.add_argument("--codec", choices=CODECS, help="of the results (default: h264, in .webm vp9)")
    group.add_argument(
        "--crf",
        type=float,
        metavar="0-63",
        help="constant rate factor; smaller is better and larger",
    )
    group.add_argument(
        "--keep-partial", action="store_true", help="when stopped, keep what is done as NAME_partial, a playable clip"
    )


def clip_settings(args: argparse.Namespace) -> tuple[VideoSettings, Encoding]:
    """What those options say. Raises GPENError for an impossible value."""
    return VideoSettings(temporal=args.temporal), Encoding(args.codec, args.crf)
