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
