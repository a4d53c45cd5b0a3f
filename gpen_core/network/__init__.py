"""The GPEN network: configuration, layers and the generator itself."""

from .config import GPENConfig
from .generator import Generator

__all__ = ["GPENConfig", "Generator"]
