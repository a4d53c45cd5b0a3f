"""What is to be done to the pictures of a run, as plain values that travel to other processes and machines."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..checkpoints import EMBEDDED_NETWORK
from ..errors import GPENError
from ..network import DEFAULT_FIDELITY
from ..restore import RestoreReport, RestoreSettings
from .targets import Target


@dataclass(frozen=True)
class Job:
    """How every picture is restored.

    model, device, precision, variant, fidelity: as `load_model` takes them. detector: as `make_detector` does.
    auto: whether the settings that are not `given` are as the advisor recommends for each picture.
    given: settings by name that hold with `auto` too. quality: of JPEG, 1 to 100.
    compare: whether a before | after picture is written beside each result.
    Raises GPENError for an impossible quality.
    """

    model: str = EMBEDDED_NETWORK
    device: str = "auto"
    precision: str = "auto"
    variant: str = "full"
    fidelity: float = DEFAULT_FIDELITY
    detector: str = "auto"
    settings: RestoreSettings = field(default_factory=RestoreSettings)
    auto: bool = False
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    quality: int = 95
    compare: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.quality <= 100:
            raise GPENError(f"The quality of JPEG must be 1 to 100, got {self.quality}.")

    def facts(self) -> dict[str, Any]:
        """All that decides the bytes of a result beside the model's file, as JSON gives it back.

        Not the device: a run may go on on another one, whose results differ by rounding.
        """
        facts = asdict(replace(self, given={}))
        for name in ("model", "device", "given"):
            del facts[name]
        if self.auto:
            facts["given"] = sorted(self.given)
        return plain_values(facts)


def plain_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON gives them back; whole numbers are of one kind, however they were given."""
    return json.loads(json.dumps(values), parse_float=_number)


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number


def digest_of(facts: Mapping[str, Any]) -> str:
    """A short hash of plain values: 16 hexadecimal digits of SHA-256."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Task:
    """One picture of a run. overwrite: whether files that exist may be replaced by its results."""

    target: Target
    overwrite: bool = False


@dataclass(frozen=True)
class Restored:
    """What was done to a picture whose result is written. seconds: from reading to writing, waiting left out."""

    report: RestoreReport
    seconds: float
