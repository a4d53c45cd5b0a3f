"""GPEN face restoration: the library behind the ComfyUI nodes and the `gpen` command.

import gpen_core
model = gpen_core.load_model("GPEN-BFR-512")
result = gpen_core.restore(image, model)  # image: (H, W, 3) RGB in [0, 1]

torch and OpenCV are imported with the first name that is used, so that `gpen --version` need not wait for them.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .version import __version__

if TYPE_CHECKING:
    from .api import (
        CheckpointError,
        FaceChoice,
        Generator,
        GPENConfig,
        GPENError,
        GPENModel,
        PictureFaces,
        RestoreReport,
        RestoreResult,
        RestoreSettings,
        crop_faces,
        load_generator,
        load_model,
        paste,
        restore,
    )

__all__ = [
    "CheckpointError",
    "FaceChoice",
    "GPENConfig",
    "GPENError",
    "GPENModel",
    "Generator",
    "PictureFaces",
    "RestoreReport",
    "RestoreResult",
    "RestoreSettings",
    "__version__",
    "crop_faces",
    "load_generator",
    "load_model",
    "paste",
    "restore",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    api = import_module(".api", __name__)
    globals().update({each: getattr(api, each) for each in __all__})
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `gpen_core.restore` the function: importing the package of that name would put itself in its place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
