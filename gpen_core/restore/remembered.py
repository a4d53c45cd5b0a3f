"""What has been computed, kept so that changing a setting does not compute it again."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

Value = TypeVar("Value")


class BoundedMemory(Generic[Value]):
    """Values by key, of limited size in all; what has not been used for longest goes first. Safe between threads."""

    def __init__(self, capacity: int) -> None:
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
            if size > self._capacity:
                return
            self._entries[key] = value, size
            self._size += size
            while self._size > self._capacity:
                self._size -= self._entries.popitem(last=False)[1][1]


class OwnedMemory(Generic[Value]):
    """A `BoundedMemory` for each owner, which goes when its owner goes.

    Objects that cannot be owners (unhashable, or closed to weak references, as None is) get one that keeps nothing.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._memories: weakref.WeakKeyDictionary[object, BoundedMemory[Value]] = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()

    def of(self, owner: object) -> BoundedMemory[Value]:
        """The memory of `owner`."""
        with self._lock:
            try:
                return self._memories.setdefault(owner, BoundedMemory(self._capacity))
            except TypeError:
                return BoundedMemory(0)


def digest(values: NDArray[Any]) -> bytes:
    """A key for the content of an array, its shape and its type."""
    content = hashlib.sha256(f"{values.shape} {values.dtype}".encode())
    content.update(np.ascontiguousarray(values).data)
    return content.digest()
