"""What a batch from compiled loops needs beside its pixels: how they moved."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from augury.batch import Batch, apply_moves
from augury.kernels.steps import Blur, Fill, Layers, Recolor, Step


@dataclass(frozen=True)
class LaterMove:
    """A move (see `Batch`) that is worked out from `params` when a map asks for it, as few do."""

    apply: Callable[[Batch, Any], Batch]
    params: Any

    def __call__(self, maps: Tensor) -> Tensor:
        # Moves depend on params and sizes alone, so one black channel of no memory will do.
        black = torch.zeros((), dtype=torch.uint8, device=maps.device)
        batch = Batch(
            black.expand(len(maps), 1, *maps.shape[-2:]),
            black.float().expand(len(maps), 1),
            black.long().expand(len(maps)),
        )
        return apply_moves(maps, self.apply(batch, self.params).moves)


def moves_pixels(steps: Sequence[Step]) -> bool:
    """Whether a map must follow."""
    return any(not _stays(step) for step in steps)


def _stays(step: Step) -> bool:
    """Whether pixels stay where they are; layers of chosen images are colors alone."""
    return isinstance(step, Fill | Recolor | Blur) or (
        isinstance(step, Layers) and step.chosen is not None
    )
