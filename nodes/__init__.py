"""The ComfyUI nodes: schemas, and the hand-over to gpen_core. The only package that imports ComfyUI."""

from __future__ import annotations

import logging

from comfy_api.latest import ComfyExtension, io

from .model_files import register_folders

log = logging.getLogger(__name__)


class GPENExtension(ComfyExtension):
    """What ComfyUI asks for the nodes of this pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """All nodes, in the order of a workflow."""
        from ..gpen_core.opencv_packages import describe_clash, installed_packages
        from .advisor import Advisor
        from .clahe import CLAHE
        from .colourise import Colourise
        from .enhance import Enhance
        from .enhance_video import EnhanceVideo
        from .example_picture import ExamplePicture
        from .face_crop import FaceCrop
        from .inpaint import Inpaint
        from .load_model import LoadGPENModel
        from .paste_faces import PasteFaces
        from .save_image import SaveImage
        from .seg2face import FaceFromSegmentation
        from .segs import FacesToSEGS, SEGSToBoxes
        from .skin_protect_blend import SkinProtectBlend
        from .standardise import StandardiseInput

        register_folders()
        clash = describe_clash(installed_packages())
        if clash is not None:
            log.warning("GPEN: %s", clash)
        return [
            LoadGPENModel,
            StandardiseInput,
            FaceCrop,
            CLAHE,
            Enhance,
            EnhanceVideo,
            SkinProtectBlend,
            PasteFaces,
            FacesToSEGS,
            SEGSToBoxes,
            Advisor,
            SaveImage,
            ExamplePicture,
            Colourise,
            Inpaint,
            FaceFromSegmentation,
        ]
