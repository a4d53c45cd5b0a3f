"""Stand-in for `comfy_api.latest.InputImpl`."""

from __future__ import annotations

from ._types import VideoComponents


class VideoFromFile:
    def __init__(self, file: str) -> None:
        self._file = file

    def get_stream_source(self) -> str:
        return self._file


class VideoFromComponents:
    def __init__(self, components: VideoComponents) -> None:
        self._components = components

    def get_components(self) -> VideoComponents:
        return self._components

    def save_to(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(self._components.images.cpu().numpy().tobytes())
