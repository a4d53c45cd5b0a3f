"""The ComfyUI nodes: schemas, and the hand-over to gpen_core. The only package that imports ComfyUI."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from .model_files import register_folders


class GPENExtension(ComfyExtension):
    """What ComfyUI asks for the nodes of this pack."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """All nodes, in the order of a workflow."""
        from .advisor import Advisor
        from .clahe import CLAHE
        from .enhance import Enhance
        from .example_picture import ExamplePicture
        from .face_crop import FaceCrop
        from .load_model import LoadGPENModel
        from .paste_faces import PasteFaces
        from .save_image import SaveImage
        from .skin_protect_blend import SkinProtectBlend
        from .standardise import StandardiseInput

        register_folders()
        return [
            LoadGPENModel,
            StandardiseInput,
            FaceCrop,
            CLAHE,
            Enhance,
            SkinProtectBlend,
            PasteFaces,
            Advisor,
            SaveImage,
            ExamplePicture,
        ]
