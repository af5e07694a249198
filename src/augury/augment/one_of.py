"""One of several augmentations, chosen for each image."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor

from augury.augment.base import Augmentation, operations_of, per_image
from augury.augment.scopes import scopes, streams_of
from augury.batch import Batch, Move, apply_moves, to_float
from augury.errors import InputError
from augury.kernels.constants import constant
from augury.rng import Draws


@dataclass(frozen=True)
class OneOfParams:
    """choice: (B,) int64, the part that each image gets; params: the params of each part."""

    choice: Tensor
    params: tuple[Any, ...]


class OneOf(Augmentation[OneOfParams]):
    """Give each image one of `parts`, chosen with the probabilities that `weights` stand for.

    weights: one for each part, at least 0, scaled to sum to 1; None for equal weights.

    All parts are computed for all images, and one result is kept for each image. That costs as much
    as all parts together, but never waits for a value on the host.
    """

    def __init__(
        self, parts: Sequence[Augmentation[Any]], weights: Sequence[float] | None = None
    ) -> None:
        if not parts:
            raise InputError("parts: at least one is needed")
        if weights is not None and len(weights) != len(parts):
            raise InputError(f"weights: must be {len(parts)}, one for each part, got {weights}")
        if weights is not None and not (min(weights) >= 0 and 0 < sum(weights) < float("inf")):
            raise InputError(f"weights: must be at least 0 and not all 0, got {weights}")
        self.parts = tuple(parts)
        self.mixes = any(part.mixes for part in self.parts)
        self.takes_extents = all(part.takes_extents for part in self.parts)
        self.weights = None if weights is None else tuple(weights)
        self._ends = _ends(self.weights or (1.0,) * len(self.parts))
        # An image gets one part only, so parts may share draws; the choice has its own.
        self._scopes = scopes(self.parts, super().streams(""), together=False)

    def sample(self, batch: Batch, draws: Draws) -> OneOfParams:
        u = draws.uniform("one-of", 1)[:, 0].double()
        ends = constant(self._ends, torch.float64, u.device)
        params = tuple(
            part.sample(batch, replace(draws, scope=draws.scope + scope))
            for part, scope in zip(self.parts, self._scopes, strict=True)
        )
        return OneOfParams(choice=(u[:, None] >= ends).sum(1), params=params)

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(scope) | streams_of(self.parts, self._scopes, scope)

    def operations(self) -> dict[str, bool]:
        return operations_of(self.parts)

    def apply(self, batch: Batch, params: OneOfParams) -> Batch:
        found = [p.applied(batch, own) for p, own in zip(self.parts, params.params, strict=True)]
        images = [each.images for each in found]
        if len({image.dtype for image in images}) > 1:
            images = [to_float(image) for image in images]
        kept = len(batch.moves)
        move = partial(
            _move_each, moves=[each.moves[kept:] for each in found], choice=params.choice
        )
        chosen = choose(images, per_image(params.choice))
        targets = choose([each.targets for each in found], params.choice[:, None])
        return batch.moved(chosen, move, targets)


def _ends(weights: Sequence[float]) -> tuple[float, ...]:
    """Where the share of each weight but the last ends, in [0, 1]."""
    *ends, total = accumulate(map(float, weights))
    return tuple(end / total for end in ends)


def _move_each(maps: Tensor, moves: list[tuple[Move, ...]], choice: Tensor) -> Tensor:
    return choose([apply_moves(maps, steps) for steps in moves], per_image(choice))


def choose(values: Sequence[Tensor], choice: Tensor) -> Tensor:
    """(B, ...): for each sample its row of `values[choice]`."""
    chosen = values[0]
    for k, value in enumerate(values[1:], start=1):
        chosen = torch.where(choice == k, value, chosen)
    return chosen
