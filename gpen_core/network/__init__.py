"""Face networks: the seam to everything around them, GPEN, the network that comes with the project, other people's."""

from .config import GPENConfig
from .face_network import FaceNetwork, family_of, register
from .generator import Generator
from .gpen import GPENNetwork
from .onnx_network import OnnxNetwork
from .spandrel_network import DEFAULT_FIDELITY, SpandrelNetwork, foreign_name
from .unet_network import UNetNetwork

__all__ = [
    "DEFAULT_FIDELITY",
    "FaceNetwork",
    "GPENConfig",
    "GPENNetwork",
    "Generator",
    "OnnxNetwork",
    "SpandrelNetwork",
    "UNetNetwork",
    "family_of",
    "foreign_name",
    "register",
]
