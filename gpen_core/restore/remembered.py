"""What has been computed, kept so that changing a setting does not compute it again."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from ..device import LEFT_FREE, free_memory

Value = TypeVar("Value")

NETWORK_BYTES = 256 * 2**20
"""Of what the network made, kept for each model at most: 85 crops of 512 px, or the detail of 256 such tiles."""
_SHARE_OF_FREE = 4  # one part in so many of the memory that would be free without them


class BoundedMemory(Generic[Value]):
    """Values by key, of limited size in all; what has not been used for longest goes first. Safe between threads.

    capacity: asked for whenever a value is put in, with the size of all that is kept.
    """

    def __init__(self, capacity: Callable[[int], int]) -> None:
        self._capacity, self._size = capacity, 0
        self._entries: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Value | None:
        """The value kept under `key`, or None."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def put(self, key: Hashable, value: Value, size: int = 1) -> None:
        """Keep a value; one larger than the capacity is not kept."""
        with self._lock:
            if key in self._entries:
                self._size -= self._entries.pop(key)[1]
            capacity = self._capacity(self._size)
            if size <= capacity:
                self._entries[key] = value, size
                self._size += size
            while self._size > capacity:
                self._size -= self._entries.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Keep nothing of what there is."""
        with self._lock:
            self._entries.clear()
            self._size = 0


class OwnedMemory(Generic[Value]):
    """A `BoundedMemory` for each owner, which goes when its owner goes.

    Objects that cannot be owners (unhashable, or closed to weak references, as None is) get one that keeps nothing.
    """

    def __init__(self, capacity: Callable[[int], int]) -> None:
        self._capacity = capacity
        self._memories: weakref.WeakKeyDictionary[object, BoundedMemory[Value]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, owner: object) -> BoundedMemory[Value]:
        """The memory of `owner`."""
        with self._lock:
            try:
                return self._memories.setdefault(owner, BoundedMemory(self._capacity))
            except TypeError:
                return BoundedMemory(at_most(0))


def at_most(size: int) -> Callable[[int], int]:
    """A capacity that is always the same."""
    return lambda kept: size


def in_free_memory(kept: int) -> int:
    """A capacity in bytes: `NETWORK_BYTES`, less where the system has little left; `kept` bytes of it are ours."""
    free = free_memory(torch.device("cpu"))
    return NETWORK_BYTES if free is None else min(NETWORK_BYTES, max(free - LEFT_FREE + kept, 0) // _SHARE_OF_FREE)


network_results: OwnedMemory[Any] = OwnedMemory(in_free_memory)
"""What a model's network made of faces and of tiles; the kind is the first part of each key."""


def digest(values: NDArray[Any]) -> bytes:
    """A key for the content of an array, its shape and its type."""
    content = hashlib.sha256(f"{values.shape} {values.dtype}".encode())
    content.update(np.ascontiguousarray(values).data)
    return content.digest()
