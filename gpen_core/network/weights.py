"""Whether the tensors of a weight file can be the weights of a network, asked before one is built of them."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from ..errors import CheckpointError

# Trained weights stay below a hundred, GPEN's mapping layers, stored a hundredfold, below a few thousand. What is far
# beyond gives infinities or nonsense.
_LARGEST = 1e6
_ADVICE = "The file is damaged or was not saved by training: fetch it again."


def require_values(tensors: Mapping[str, Tensor], needed: int) -> None:
    """Raises CheckpointError when the tensors hold fewer than `needed` values, the least of the network they name.

    A few bytes can claim layers that would fill all memory before their absence is noticed.
    """
    held = sum(tensor.numel() for tensor in tensors.values())
    if held < needed:
        raise CheckpointError(
            f"The shapes of the tensors are those of a network of at least {needed:,} values, but there are {held:,}."
            f"\n{_ADVICE}"
        )


def require_sound(tensors: Mapping[str, Tensor]) -> None:
    """Raises CheckpointError for a tensor without values, one that is not floating-point, and impossible values."""
    for name, tensor in tensors.items():
        if tensor.numel() == 0 or tensor.dim() == 0:
            raise CheckpointError(
                f"'{name}' has shape {tuple(tensor.shape)}: expected weights, with at least one value and dimension."
                f"\n{_ADVICE}"
            )
        if not tensor.is_floating_point():
            raise CheckpointError(
                f"'{name}' holds {str(tensor.dtype).removeprefix('torch.')} values: expected floating-point weights.\n"
                "Quantised and integer files cannot be used: take the one of the same network that was not converted."
            )
        lowest, highest = (float(value) for value in tensor.detach().float().aminmax())
        if not -_LARGEST <= lowest <= highest <= _LARGEST:  # also false for NaN
            raise CheckpointError(
                f"'{name}' has values from {lowest:g} to {highest:g}: expected finite weights within {_LARGEST:g}."
                f"\n{_ADVICE}"
            )
