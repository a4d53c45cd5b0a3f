"""How large a face's crop should be, for a network that takes several sizes."""

from __future__ import annotations

from ..faces import Face
from ..faces.aligned_crop import image_to_crop
from ..image.geometry import scale_of
from ..image.warp import Pixels
from ..model import GPENModel
from ..quality.measures import face_sharpness
from ..template import Template

# A crop that is larger than this times the part of the picture that it covers, and times the detail there is, makes the
# network treat a small face as a blurred large one. Measured on held-out faces, 512 px crops against 256 px ones: from
# 205 px and 205 px of real detail on they keep two to three times the detail and are as near to the sharp face or up
# to 3 dB nearer; a blurred or enlarged face comes out sharper, and up to 0.7 dB nearer, by way of the small crop.
_MARGIN = 1.25


def crop_size(picture: Pixels, face: Face, model: GPENModel, template: Template) -> int:
    """px: the side of crop at which the network serves a face of a (H, W, 3) picture best.

    Large faces get large crops, unless they are so blurred that a small one holds all that is to be seen.
    """
    side = 1.0 / scale_of(image_to_crop(face.landmarks, 1, template))  # px of the picture
    if model.size_for(_MARGIN * side) > model.size:
        side = min(side, face_sharpness(picture, face) if face.sharpness is None else face.sharpness)
    return model.size_for(_MARGIN * side)
