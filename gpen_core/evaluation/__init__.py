"""How good a restoration is: measures against the sharp face, over a folder of pairs, as a table."""

from .cases import SEVERITIES, Case, find_cases
from .evaluation import Comparison, Evaluation
from .fidelity import psnr, ssim
from .grid import grid
from .landmarks import landmark_error, largest_face
from .levels import Levels, degraded_at, read_levels, sharp_at, to_levels
from .measures import Measures, Reference
from .niqe import niqe
from .restoration import crop_size, restore_face
from .sheet import contact_sheet
from .skin_colour import skin_of, skin_shift
from .spectrum import comb, fine_energy
from .table import as_dicts, faces_lost, table

__all__ = [
    "SEVERITIES",
    "Case",
    "Comparison",
    "Evaluation",
    "Levels",
    "Measures",
    "Reference",
    "as_dicts",
    "comb",
    "contact_sheet",
    "crop_size",
    "degraded_at",
    "faces_lost",
    "find_cases",
    "fine_energy",
    "grid",
    "landmark_error",
    "largest_face",
    "niqe",
    "psnr",
    "read_levels",
    "restore_face",
    "sharp_at",
    "skin_of",
    "skin_shift",
    "ssim",
    "table",
    "to_levels",
]
