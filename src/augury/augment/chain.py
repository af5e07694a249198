"""Several augmentations, one after the other."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from augury.augment.base import Augmentation, operations_of
from augury.augment.geometry.resampling import Geometric
from augury.augment.scopes import scopes, streams_of
from augury.augment.stretch import Stretch
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Scale, Step
from augury.rng import Draws


class Chain(Augmentation[tuple[Any, ...]]):
    """Apply `parts` in order; neighbors that move pixels share one resampling.

    Each part gets the batch that the parts before it return, and draws what it would draw alone:
    `normal` moves an image in the same way in `normal` and in `normal+cutout`. A second part of the
    same class gets its own draws, also where it is nested inside another part.
    """

    def __init__(self, parts: Sequence[Augmentation[Any]]) -> None:
        if not parts:
            raise InputError("parts: at least one is needed")
        self.parts = tuple(parts)
        self.mixes = any(part.mixes for part in self.parts)
        self.takes_extents = self.parts[0].takes_extents
        self._scopes = scopes(self.parts)
        self._stretches = _stretches(self.parts, self._scopes)

    def sample(self, batch: Batch, draws: Draws) -> tuple[Any, ...]:
        *earlier, last = self._stretches
        params: tuple[Any, ...] = ()
        for stretch in earlier:
            drawn = stretch.sample(batch, draws)
            batch = stretch.apply(batch, drawn)
            params += drawn
        return params + last.sample(batch, draws)

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return streams_of(self.parts, self._scopes, scope)

    def operations(self) -> dict[str, bool]:
        return operations_of(self.parts)

    def run(self, batch: Batch, draws: Draws, scale: Scale | None = None) -> Batch:
        *earlier, last = self._stretches
        for stretch in earlier:
            batch = stretch.run(batch, draws)
        return last.run(batch, draws, scale)

    def apply(self, batch: Batch, params: tuple[Any, ...]) -> Batch:
        for stretch in self._stretches:
            batch = stretch.apply(batch, params[: len(stretch)])
            params = params[len(stretch) :]
        return batch

    @property
    def has_steps(self) -> bool:
        return super().has_steps and all(part.has_steps for part in self.parts)

    def steps(self, params: tuple[Any, ...], size: tuple[int, int]) -> tuple[Step, ...] | None:
        return self._stretches[0].steps(params, size)


def _stretches(parts: Sequence[Augmentation[Any]], own_scopes: Sequence[str]) -> list[Stretch]:
    """`parts` cut where a part must see the pixels that the parts before it have made."""
    moving = groupby(enumerate(parts), lambda at: isinstance(at[1], Geometric) or -at[0] - 1)
    groups = [[part for _, part in group] for _, group in moving]
    fast = groupby(
        enumerate(groups), lambda at: all(part.has_steps for part in at[1]) or -at[0] - 1
    )
    found, begin = [], 0
    for _, numbered in fast:
        together = [group for _, group in numbered]
        end = begin + sum(map(len, together))
        found.append(Stretch(together, own_scopes[begin:end]))
        begin = end
    return found
