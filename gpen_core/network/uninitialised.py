"""Networks whose weights are replaced at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

_IN_PLACE = (nn.init.kaiming_uniform_, nn.init.uniform_)  # what convolutions and linear layers begin with


class NoRandomWeights(TorchFunctionMode):
    """Within, new layers get no random weights: their memory is not touched, and no random number is drawn.

    For networks that are then given all of their weights: whoever seeds torch in this process must get the numbers that
    they would have got without. The meta device would do too, but its first use imports parts of torch for seconds.
    """

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in _IN_PLACE:
            return kwargs["tensor"] if "tensor" in kwargs else args[0]
        return (torch.empty if func is torch.randn else func)(*args, **kwargs)
