"""Face networks: the seam to everything around them, GPEN, and the network that comes with the project."""

from .config import GPENConfig
from .face_network import FaceNetwork, family_of, register
from .generator import Generator
from .gpen import GPENNetwork
from .unet_network import UNetNetwork

__all__ = ["FaceNetwork", "GPENConfig", "GPENNetwork", "Generator", "UNetNetwork", "family_of", "register"]
