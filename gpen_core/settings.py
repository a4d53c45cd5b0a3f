"""What a user can set for a restoration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from .errors import GPENError
from .faces.selection import FaceChoice
from .image.lens import LENS_NAMES, LensName
from .template import TEMPLATES, Template

Mode = Literal["natural", "strong", "detail"]
MODES: tuple[Mode, ...] = get_args(Mode)
Scope = Literal["faces", "picture", "both"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

CROP_TEMPLATES = ("auto", *TEMPLATES)

_PERCENTAGES = (
    "strength",
    "denoise",
    "sharpen",
    "contrast",
    "brightness",
    "background_strength",
    "lens_strength",
    "keep_occlusions",
)
SMALLEST_TILE, LARGEST_TILE = 64, 2048  # px; a tile is worked at its full size, however small the picture


@dataclass(frozen=True)
class RestoreSettings:
    """Settings of `restore`, 0 to 100 unless noted; more never does less.

    strength: 0 gives the picture back bit for bit, 100 the restoration in full.
    mode: "natural" keeps the picture's own light and colour; "strong", for heavy blur and noise, takes the restoration
        nearly whole; "detail" is natural with eyes, brows, lips, hair and beard brought out.
    denoise, sharpen: 0 does nothing. contrast, brightness: 50 is neutral.
    skin_protect: whether skin keeps its own colour and texture.
    detail_enhance: whether fine detail of faces is brought out; refused, with a note, in small pictures.
    scope: whether faces are restored, or the picture around them, or both.
    background_strength: how much detail the picture around the faces gets.
    tile_size, overlap: px, of the tiles in which the picture around the faces goes through the network; 64 to
        2048, and 0 to half of that.
    batch_size: faces or tiles through the network at once; 0 for automatic.
    choice: which faces.
    template: how faces lie in the network's crop: "auto" as the network was trained, "gpen" as the original GPEN does
        it, "ffhq" 12 % larger.
    feather: width of the soft edge around a face, as a share of the distance from its centre to its edge, 0 to 1.
    lens: a wide lens whose distortion is corrected for the network and put back after pasting; "none" for no lens.
    lens_strength: how much of it is corrected.
    keep_occlusions: how readily the picture is kept where the network has painted a face over something in front of it
        (hands, hair, glasses, masks); 0 never.
    identity: how alike a restored face must be to the face as it was, 0 to 1, 0 for any: less of the restoration is
        used until it is. Measured by a face recognition network, see `restore`.
    """

    strength: float = 60.0
    mode: Mode = "natural"
    denoise: float = 30.0
    sharpen: float = 50.0
    contrast: float = 50.0
    brightness: float = 50.0
    skin_protect: bool = True
    detail_enhance: bool = False
    scope: Scope = "faces"
    background_strength: float = 30.0
    tile_size: int = 512
    overlap: int = 64
    batch_size: int = 0
    choice: FaceChoice = field(default_factory=FaceChoice)
    template: Template | Literal["auto"] = "auto"
    feather: float = 0.45
    lens: LensName = "none"
    lens_strength: float = 100.0
    keep_occlusions: float = 0.0
    identity: float = 0.0

    def __post_init__(self) -> None:
        for name in _PERCENTAGES:
            if not 0.0 <= getattr(self, name) <= 100.0:
                raise GPENError(f"{name} must be 0 to 100, got {getattr(self, name)}.")
        if not 0.0 <= self.feather <= 1.0:
            raise GPENError(f"feather must be 0 to 1, got {self.feather}.")
        if not 0.0 <= self.identity <= 1.0:
            raise GPENError(f"identity must be 0 to 1, got {self.identity}.")
        if self.batch_size < 0:
            raise GPENError(f"batch_size must be 0 (automatic) or more, got {self.batch_size}.")
        if not SMALLEST_TILE <= self.tile_size <= LARGEST_TILE:
            raise GPENError(f"tile_size must be {SMALLEST_TILE} to {LARGEST_TILE} px, got {self.tile_size}.")
        if not 0 <= self.overlap <= self.tile_size // 2:
            raise GPENError(f"overlap must be 0 to half of tile_size ({self.tile_size // 2} px), got {self.overlap}.")
        _require_known("mode", self.mode, MODES)
        _require_known("scope", self.scope, SCOPES)
        _require_known("template", self.template, CROP_TEMPLATES)
        _require_known("lens", self.lens, LENS_NAMES)

    def template_of(self, network: Template) -> Template:
        """The template to align to, for a network trained with the one given."""
        return network if self.template == "auto" else self.template


def _require_known(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise GPENError(f"Unknown {name} '{value}'.\nUse one of: {', '.join(known)}.")
