"""The sliders and switches of GPEN Enhance, in the words users know."""

from __future__ import annotations

from comfy_api.latest import io

from ..gpen_core.image.lens import LENS_NAMES
from ..gpen_core.restore import RestoreSettings
from ..gpen_core.settings import CROP_TEMPLATES, LARGEST_TILE, MODES, SCOPES
from .recogniser_files import NONE, recogniser_choices
from .schema import advanced, batch_size_input, percent

_DEFAULT = RestoreSettings()


def finish_inputs() -> list[io.Input]:
    """How the restored faces look."""
    return [
        percent(
            "strength",
            int(_DEFAULT.strength),
            "0 gives the picture back bit for bit, 100 is the full restoration. Above 80 skin may look like plastic.",
        ),
        io.Combo.Input(
            "mode",
            options=list(MODES),
            default=_DEFAULT.mode,
            tooltip="natural: the picture keeps its own light and colour. strong: for heavy blur and noise. detail: "
            "natural, with eyes, brows, lips, hair and beard brought out.",
        ),
        percent(
            "denoise",
            int(_DEFAULT.denoise),
            "Smooths noise of the restored faces. Good originals 20 to 30, poor ones 50 to 70.",
        ),
        percent(
            "sharpen", int(_DEFAULT.sharpen), "Sharpens without halos. Good originals 40 to 60, poor ones 60 to 80."
        ),
        percent(
            "contrast",
            int(_DEFAULT.contrast),
            "50 is neutral; 40 to 60 is safe. After CLAHE use a little less than 50.",
        ),
        percent("brightness", int(_DEFAULT.brightness), "50 is neutral; 35 to 65 is safe."),
        io.Boolean.Input(
            "skin_protect",
            default=_DEFAULT.skin_protect,
            tooltip="Keeps the skin's own tone and texture: no plastic, no colour shift.",
        ),
        io.Boolean.Input(
            "detail_enhance",
            default=_DEFAULT.detail_enhance,
            tooltip="Brings out fine detail. For pictures from 1200 px short side; refused below 800 px.",
            **advanced(),
        ),
    ]


def scope_inputs() -> list[io.Input]:
    """What is restored, and in which portions."""
    return [
        io.Combo.Input(
            "scope",
            options=list(SCOPES),
            default=_DEFAULT.scope,
            optional=True,
            tooltip="faces: nothing else is touched. picture: fine detail for the whole picture, in tiles. both: faces "
            "from their own crops, detail around them.",
        ),
        percent(
            "background_strength",
            int(_DEFAULT.background_strength),
            "For scope picture and both: how much detail the surroundings get.",
            optional=True,
            **advanced(),
        ),
        io.Int.Input(
            "tile_size",
            default=_DEFAULT.tile_size,
            min=128,
            max=LARGEST_TILE,
            step=64,
            optional=True,
            tooltip="For scope picture and both: side of the tiles, in px. Smaller needs less memory.",
            **advanced(),
        ),
        io.Int.Input(
            "overlap",
            default=_DEFAULT.overlap,
            min=0,
            max=1024,
            step=8,
            optional=True,
            tooltip="Of neighbouring tiles, in px; more than half a tile counts as half. 64 hides every border.",
            **advanced(),
        ),
        batch_size_input("Faces or tiles"),
    ]


def placement_inputs() -> list[io.Input]:
    """How crops are cut out and blended back."""
    return [
        io.Combo.Input(
            "template",
            options=list(CROP_TEMPLATES),
            default=_DEFAULT.template,
            optional=True,
            tooltip="How faces lie in the network's crop: auto as the network was trained, gpen as the original GPEN "
            "does it, ffhq 12 % larger.",
            **advanced(),
        ),
        io.Float.Input(
            "feather",
            default=_DEFAULT.feather,
            min=0.0,
            max=1.0,
            step=0.05,
            optional=True,
            tooltip="Width of the soft edge around a face, as a share of the way from its middle to its edge.",
            **advanced(),
        ),
        io.Combo.Input(
            "lens",
            options=list(LENS_NAMES),
            default=_DEFAULT.lens,
            optional=True,
            tooltip="Straighten faces that a wide lens has drawn out, for the network; undone after pasting. "
            "Crops and faces that come out belong to the straightened picture.",
            **advanced(),
        ),
        percent(
            "lens_strength",
            int(_DEFAULT.lens_strength),
            "How much of the lens correction is applied.",
            optional=True,
            **advanced(),
        ),
        percent(
            "keep_occlusions",
            int(_DEFAULT.keep_occlusions),
            "How readily the picture is kept where the network has painted a face over something in front of it: "
            "hands, hair, glasses, masks. 0 never, 50 is a good start.",
            optional=True,
            **advanced(),
        ),
    ]


def identity_inputs() -> list[io.Input]:
    """How alike restored faces stay."""
    return [
        io.Float.Input(
            "identity",
            default=_DEFAULT.identity,
            min=0.0,
            max=1.0,
            step=0.05,
            optional=True,
            tooltip="How alike a restored face must be to the face as it was; less of the restoration is used until it "
            "is. 0 for any, 0.4 to 0.6 is usual. Needs a recogniser.",
            **advanced(),
        ),
        io.Combo.Input(
            "recogniser",
            options=recogniser_choices(),
            default=NONE,
            optional=True,
            tooltip="The face recognition network that measures it; the report then names it for every face. The entry "
            "marked (download) fetches it.",
            **advanced(),
        ),
    ]
