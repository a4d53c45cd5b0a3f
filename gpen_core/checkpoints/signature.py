"""What a file holds, told from its first bytes and not from its name."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

HEAD_BYTES = 512  # enough of a file for `identify`


class Content(Enum):
    """Kinds of content met where a weight file is expected; the value is how an error names them."""

    SAFETENSORS = "safetensors weights"
    ZIP = "a PyTorch archive"
    PICKLE = "a pickle in PyTorch's old format"
    ONNX = "an ONNX network"
    WEB_PAGE = "a web page or a server's error answer"
    LFS_POINTER = "a Git LFS pointer, a short text in place of the real file"
    UNKNOWN = "a file of unknown format"

    @property
    def holds_weights(self) -> bool:
        """Whether networks are stored like this."""
        return self in (Content.SAFETENSORS, Content.ZIP, Content.PICKLE, Content.ONNX)


def identify_file(path: Path) -> Content:
    """Recognise a file. Raises OSError."""
    with path.open("rb") as file:
        return identify(file.read(HEAD_BYTES))


def identify(head: bytes) -> Content:
    """Recognise a file by its first `HEAD_BYTES` bytes."""
    if head[8:9] == b"{":  # eight bytes of header length, then the JSON header
        return Content.SAFETENSORS
    if head.startswith(b"PK\x03\x04"):
        return Content.ZIP
    if head.startswith(b"\x80"):
        return Content.PICKLE
    # ONNX is a protobuf: field 1, ir_version, then field 2, producer_name, or field 7, the graph.
    if head[:1] == b"\x08" and head[2:3] in (b"\x12", b"\x3a"):
        return Content.ONNX
    if head.startswith(b"version https://git-lfs"):
        return Content.LFS_POINTER
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"<", b"{")):  # HTML, XML, JSON
        return Content.WEB_PAGE
    return Content.UNKNOWN
