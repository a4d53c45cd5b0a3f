"""Fine detail for the whole picture, from the network in tiles.

The network sees a face in everything: the tiles of a picture without one would be painted over. So only its detail is
taken, as a change of brightness, and only where that detail says more clearly what the picture says already:

* high frequencies alone, below the size at which a face could be made out;
* where the network's are stronger than the picture's: nothing sharp is blurred, no grain is wiped away;
* as far as the two agree (their local correlation): a structure the picture has no trace of is left out;
* at most as strong as the picture's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from ..errors import GPENError
from ..image.geometry import pixel_scaling
from ..image.luma import Plane, luma
from ..image.resample import resize
from ..image.tiling import TileLayout
from ..image.warp import Pixels, warp
from ..message import Joined, Message
from ..model import GPENModel
from ..progress import Progress
from .remembered import digest, network_results

# In pixels of the network's tiles, where an eye is about 40 px wide at 512 px. Chosen on blurred, noisy and sharp
# pictures: of a network that paints the same face into every tile 0.3/255 was left, of its unlimited detail 4/255.
_FINEST = 3.0  # sigma of the Gaussian below which structures are detail
_AROUND = 4.0  # sigma of the neighbourhood that strength and agreement are measured in
_MUCH_STRONGER = 0.25  # of the picture's detail: by how much the network's has to exceed it to be taken in full
_CONTRAST_LIMIT = 2.0
_SMALLEST = 1e-6


def enhance_background(
    picture: Pixels,
    model: GPENModel,
    *,
    strength: float = 30.0,
    tile_size: int = 512,
    overlap: int = 64,
    batch_size: int = 1,
    progress: Progress | None = None,
    remember: bool = True,
) -> tuple[Pixels, str]:
    """Add the network's fine detail to a whole picture, light and colour as they are.

    picture: (H, W, 3) float32 RGB in [0, 1]. strength: 0 to 100, 0 gives the picture back bit for bit. tile_size,
    overlap: px of the picture; tiles of another size than the network's are resampled. batch_size: tiles through the
    network at once; 0 for automatic. progress: called with (tiles done, tiles in all); an exception it raises stops
    the work. remember: whether to look for tiles that the network has seen lately, and to keep what it makes of others.
    Returns a new picture, and a note on what was done. Grey stays grey. Raises GPENError for impossible values.
    """
    if not 0.0 <= strength <= 100.0:
        raise GPENError(f"The strength of the background must be 0 to 100, got {strength}.")
    if batch_size < 0:
        raise GPENError(f"batch_size must be 0 (automatic) or more, got {batch_size}.")
    height, width = picture.shape[:2]
    layout = TileLayout(height, width, tile_size, overlap)
    result = picture.copy()
    if strength == 0.0:
        return result, Message("background left alone at strength 0")
    tiles, done, odd = list(layout), 0, Counter[str]()
    size = model.size_for(tile_size)
    batch_size = batch_size or model.automatic_batch()
    for start in range(0, len(tiles), batch_size):
        batch = tiles[start : start + batch_size]
        details = _details([layout.cut(picture, tile) for tile in batch], size, model, remember, odd)
        for tile, detail in zip(batch, details, strict=True):
            layout.add(result, tile, _enlarged(detail, tile_size) * np.float32(strength / 100.0))
            done += 1
            if progress is not None:
                progress(done, len(tiles))
    _limit(result, picture)
    if np.array_equal(result, picture):
        odd["nothing to add: the picture is as sharp as what the network makes of it"] = len(tiles)
    return result, _note(model, strength, len(tiles), odd)


@dataclass(frozen=True, eq=False)
class _Detail:
    """The (S, S) change of brightness of a tile at full strength. repeated: half precision overflowed."""

    plane: Plane
    repeated: bool


def _details(tiles: Sequence[Pixels], size: int, model: GPENModel, remember: bool, odd: Counter[str]) -> list[Plane]:
    """The detail (size, size) of each tile; the network runs only for those not seen lately.

    odd: counts what was done otherwise than asked.
    """
    memory = network_results.of(model if remember else None)
    keys = [("tile", digest(tile) if remember else number) for number, tile in enumerate(tiles)]
    found: dict[object, _Detail] = {key: detail for key in keys if (detail := memory.get(key)) is not None}
    new = {key: resize(tile, size, size) for key, tile in zip(keys, tiles, strict=True) if key not in found}
    if new:
        output = model.run(torch.from_numpy(np.stack(list(new.values()))))
        odd.update(output.rungs)
        for number, (key, restored) in enumerate(zip(new, output.faces.cpu().numpy(), strict=True)):
            plane = agreed_detail(luma(new[key]), luma(np.ascontiguousarray(restored)))
            found[key] = _Detail(plane, number in output.repeated)
            memory.put(key, found[key], plane.nbytes)
    overflowed = Message("overflowed in {precision}, repeated in fp32", precision=model.precision)
    odd.update([overflowed] * sum(found[key].repeated for key in keys))
    return [found[key].plane for key in keys]


def _enlarged(detail: Plane, tile_size: int) -> Pixels:
    """A detail at the size of its tile, (tile_size, tile_size, 1)."""
    scale = tile_size / len(detail)
    plane = detail[..., None]
    return plane if scale == 1.0 else warp(plane, pixel_scaling(scale, scale), tile_size, tile_size)


def agreed_detail(own: Plane, restored: Plane) -> Plane:
    """What to add to a plane (H, W) in [0, 1] for the detail of its restored version, limited as described above."""
    smooth_before, smooth_after = _blur(own, _FINEST), _blur(restored, _FINEST)
    before, after = own - smooth_before, (restored - smooth_after) / _contrast(smooth_before, smooth_after)
    energy_before, energy_after = _blur(before * before, _AROUND), _blur(after * after, _AROUND)
    common = _blur(before * after, _AROUND)
    change = np.sqrt(np.maximum(energy_before + energy_after - 2.0 * common, 0.0))  # root mean square of the difference
    strength_before, strength_after = np.sqrt(energy_before), np.sqrt(energy_after)
    stronger = (strength_after / np.maximum(strength_before, _SMALLEST) - 1.0) / _MUCH_STRONGER
    agreement = np.clip(common / np.maximum(strength_before * strength_after, _SMALLEST**2), 0.0, 1.0)
    bound = np.minimum(strength_before / np.maximum(change, _SMALLEST), 1.0)
    limited = (after - before) * np.clip(stronger, 0.0, 1.0) * agreement**2 * bound
    return limited.astype(np.float32, copy=False)


def _contrast(before: Plane, after: Plane) -> float:
    """The factor on contrast that explains best how one plane became the other, within limits.

    The network has its own idea of contrast for every tile. Taken for detail, one would be sharpened and the next not.
    """
    spread = before - before.mean()
    factor = float(np.vdot(spread, after)) / max(float(np.vdot(spread, spread)), _SMALLEST)
    return min(max(factor, 1.0 / _CONTRAST_LIMIT), _CONTRAST_LIMIT)


def _blur(plane: NDArray[np.floating], sigma: float) -> Plane:
    return cv2.GaussianBlur(plane, (0, 0), sigma).astype(np.float32, copy=False)


def _limit(result: Pixels, picture: Pixels) -> None:
    """Keep what was added from leaving [0, 1]; row by row, which takes no memory."""
    for row, own in zip(result, picture, strict=True):
        np.clip(row, np.minimum(own, 0.0), np.maximum(own, 1.0), out=row)


def _note(model: GPENModel, strength: float, tiles: int, odd: Counter[str]) -> str:
    """odd: for how many batches or tiles something was done otherwise than asked."""
    done = "background in {tiles} tile(s): fine detail only, at strength {strength}"
    notes: list[str] = [Message(done, tiles=tiles, strength=f"{strength:g}")]
    if model.variant != "full":
        unfit = "the {variant} variant serves faces only, use full for a background"
        notes.append(Message(unfit, variant=model.variant))
    times = [Message("{what} ({count} times)", what=what, count=count) for what, count in odd.items()]
    return Joined("; ", [*notes, *times])
