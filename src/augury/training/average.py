"""An exponential moving average of a network's weights."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class Average:
    """`decay` of the average so far and 1 - `decay` of the weights after each step.

    It starts at the weights that the network has, as timm's ModelEmaV2 does. Of the trained weights
    only: running statistics of batch normalization are averages already, and are taken as they are.
    All is done in place, so that a captured step can hold it.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self._weights = {n: p for n, p in model.named_parameters() if p.requires_grad}
        self.values = [each.detach().clone() for each in self._weights.values()]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the present weights."""
        torch._foreach_lerp_(self.values, list(self._weights.values()), 1 - self.decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Within the block the network has the average for its weights."""
        kept = [each.detach().clone() for each in self._weights.values()]
        self.load()
        try:
            yield
        finally:
            self._put(kept)

    def load(self) -> None:
        """Give the network the average for its weights."""
        self._put(self.values)

    def _put(self, values: list[Tensor]) -> None:
        with torch.no_grad():
            for weight, value in zip(self._weights.values(), values, strict=True):
                weight.copy_(value)

    def state(self) -> dict[str, Tensor]:
        """By the names of the weights; kept in checkpoints."""
        return dict(zip(self._weights, self.values, strict=True))

    def restore(self, state: dict[str, Tensor]) -> None:
        """Go back to what `state` returned."""
        for name, value in self.state().items():
            value.copy_(state[name])
