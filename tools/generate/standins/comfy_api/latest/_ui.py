"""Stand-in for `comfy_api.latest.ui`."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ._io import FolderType


class SavedResult(dict):
    def __init__(self, filename: str, subfolder: str, type: FolderType) -> None:
        super().__init__(filename=filename, subfolder=subfolder, type=type.value)


class SavedImages:
    def __init__(self, results: list[SavedResult], is_animated: bool = False) -> None:
        self.results = results

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.results}


class PreviewImage:
    def __init__(self, image: Tensor, animated: bool = False, cls: Any = None) -> None:
        self.image = image

    def as_dict(self) -> dict[str, Any]:
        return {"images": list(self.image)}


class PreviewVideo:
    def __init__(self, values: list[SavedResult]) -> None:
        self.values = values

    def as_dict(self) -> dict[str, Any]:
        return {"images": self.values, "animated": (True,)}
