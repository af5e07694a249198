"""Several augmentations, one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.geometry.resampling import Geometric, resample
from augury.augment.scopes import scopes, streams_of
from augury.batch import Batch
from augury.errors import InputError
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
        self._scopes = scopes(self.parts)
        moving = [isinstance(part, Geometric) for part in self.parts]
        places = groupby(range(len(moving)), key=lambda i: i if not moving[i] else -1)
        self._groups = [list(group) for _, group in places]

    def sample(self, batch: Batch, draws: Draws) -> tuple[Any, ...]:
        return self._walk(batch, draws)[1]

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return streams_of(self.parts, self._scopes, scope)

    def run(self, batch: Batch, draws: Draws) -> Batch:
        return self._walk(batch, draws)[0]

    def apply(self, batch: Batch, params: tuple[Any, ...]) -> Batch:
        for group in self._groups:
            batch = self._apply_group(batch, group, [params[i] for i in group])
        return batch

    def _walk(self, batch: Batch, draws: Draws) -> tuple[Batch, tuple[Any, ...]]:
        params: list[Any] = []
        for group in self._groups:
            drawn = [
                self.parts[i].sample(batch, replace(draws, scope=draws.scope + self._scopes[i]))
                for i in group
            ]
            batch = self._apply_group(batch, group, drawn)
            params += drawn
        return batch, tuple(params)

    def _apply_group(self, batch: Batch, group: list[int], params: list[Any]) -> Batch:
        parts = [self.parts[i] for i in group]
        if len(parts) == 1:
            return parts[0].apply(batch, params[0])
        return resample(batch, [part for part in parts if isinstance(part, Geometric)], params)
