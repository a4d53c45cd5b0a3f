"""The pruned variant of a weight file: made when first asked for, and kept beside it.

The file is called `<name>.pruned-<SHA-256 of the full file, 16 digits>-<recipe>.safetensors`, so that another file of
the same name, or a newer recipe, has its own. Beside the network that comes with the project, and where the folder
cannot be written to, it goes where fetched files go.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import CheckpointError
from ..network import Generator
from ..progress import Progress, silent
from ..pruning.pruner import DEFAULT_RATIO, RECIPE, prune
from .build import load_generator_from
from .conversion import rewrite, write_tensors
from .folders import download_folder, embedded_folder
from .reader import read_state_dict
from .verification import sha256_of

_logger = logging.getLogger(__name__)
PRUNED_MARK = ".pruned-"
"""What the names of kept files have and those of others have not."""


def load_pruned_generator(path: Path, progress: Progress = silent) -> Generator:
    """The pruned generator of a weight file, as `load_generator_from` gives the full one.

    A file that holds a pruned generator is loaded as it is. A kept file that is damaged is made anew; if none can be
    kept, which is logged, the generator is made each time.
    progress: as of `prune`, called where the generator has to be made.
    Raises CheckpointError as `load_generator_from` does.
    """
    try:
        digest = sha256_of(path)
    except OSError as error:
        raise CheckpointError(f"{path.name} cannot be read: {error}.\nFile: {path}") from error
    places = [folder / f"{path.stem}{PRUNED_MARK}{digest[:16]}-{RECIPE}.safetensors" for folder in _folders(path)]
    for place in places:
        if place.is_file() and (generator := _load_kept(place, digest)) is not None:
            return generator
    full = load_generator_from(path)
    if full.config.pruned:
        return full
    _logger.info("Making the pruned variant of %s, once; this may take a minute", path.name)
    generator = prune(full, progress=progress)
    _keep(generator, path, digest, places)
    return generator


def convert_pruned(
    source: str | Path, target: str | Path, ratio: float = DEFAULT_RATIO, half: bool = False, overwrite: bool = False
) -> Path:
    """Write the pruned generator of `source` to `target`, which is then a weight file like any other.

    ratio: share of computing time and parameters to take away. Otherwise as `convert`.
    Raises GPENError when the ratio is impossible or the generator has been pruned before.
    """
    facts = {"recipe": str(RECIPE), "ratio": f"{ratio:g}"}
    return rewrite(Path(source), Path(target), lambda full: prune(full, ratio), facts, half, overwrite)


def _folders(path: Path) -> list[Path]:
    """Where the pruned variant of a file may be kept, best first."""
    beside = [] if path.parent.resolve() == embedded_folder().resolve() else [path.parent]
    return list(dict.fromkeys([*beside, download_folder()]))


def _load_kept(place: Path, digest: str) -> Generator | None:
    """The generator of a kept file, None if that is damaged or of another file."""
    try:
        tensors = read_state_dict(place)
        with safe_open(place, "pt") as file:
            facts = file.metadata() or {}
        if facts.get("source_sha256") == digest and facts.get("content") == _content(tensors):
            return load_generator_from(tensors)
        reason = "its content is not what was written"
    except (CheckpointError, SafetensorError, OSError) as error:
        reason = str(error)
    _logger.warning("%s is not used and will be made anew: %s", place, reason)
    return None


def _keep(generator: Generator, path: Path, digest: str, places: list[Path]) -> None:
    tensors = {name: tensor.detach().contiguous() for name, tensor in generator.state_dict().items()}
    facts = {
        "source": path.name,
        "source_sha256": digest,
        "recipe": str(RECIPE),
        "ratio": f"{DEFAULT_RATIO:g}",
        "content": _content(tensors),
    }
    for place in places:
        try:
            write_tensors(tensors, facts, place)
        except (CheckpointError, OSError, SafetensorError) as error:
            _logger.info("%s cannot be written: %s", place, error)
        else:
            _logger.info("Kept in %s", place)
            return
    _logger.warning(
        "The pruned variant of %s cannot be kept in %s: it will be made anew each time",
        path.name,
        " or ".join(str(place.parent) for place in places),
    )


def _content(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the names and values."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].numpy().tobytes())
    return digest.hexdigest()
