"""Parts of an archive for machines that know nothing of each other."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from ..errors import GPENError

_FORM = re.compile(r"(\d+)/(\d+)")
_MOST = 100_000


@dataclass(frozen=True)
class Shard:
    """Part `number` (from 1) of `count`. Every picture belongs to exactly one part, whatever others are beside it."""

    number: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.count <= _MOST:
            raise GPENError(
                f"There is no shard {self}: the number of shards must be 1 to {_MOST}.\n"
                "Write I/N, as in 1/8 for the first of eight."
            )
        if not 1 <= self.number <= self.count:
            raise GPENError(
                f"There is no shard {self}: shards are counted from 1/{self.count} to {self.count}/{self.count}."
            )

    @classmethod
    def parse(cls, text: str) -> Shard:
        """The shard that "3/8" names. Raises GPENError."""
        match = _FORM.fullmatch(text.strip())
        if match is None:
            raise GPENError(f"'{text}' is no shard.\nWrite I/N, as in 1/8 for the first of eight.")
        return cls(int(match[1]), int(match[2]))

    def holds(self, key: str) -> bool:
        """Whether the picture of this key (`Target.key`) belongs to the part.

        By BLAKE2b of the key in UTF-8 and Unicode form NFC: the same on every machine and in every version of Python.
        """
        name = unicodedata.normalize("NFC", key).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(name, digest_size=8).digest()
        return int.from_bytes(digest, "big") % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"
