"""Several augmentations, one after the other."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from augury.augment.base import Augmentation
from augury.batch import Batch
from augury.rng import Draws


class Chain(Augmentation[tuple[Any, ...]]):
    """Apply `parts` in order, each with params drawn from the batch that enters the chain.

    A part draws what it would draw alone, so that `normal` moves an image alike in `normal` and in
    `normal+cutout`; the second part of one class has draws of its own.
    """

    def __init__(self, parts: Sequence[Augmentation[Any]]) -> None:
        self.parts = tuple(parts)

    def sample(self, batch: Batch, draws: Draws) -> tuple[Any, ...]:
        kinds = [type(part) for part in self.parts]
        repeats = [kinds[:i].count(kind) for i, kind in enumerate(kinds)]
        return tuple(
            part.sample(batch, replace(draws, scope=f"/{repeat}" if repeat else ""))
            for part, repeat in zip(self.parts, repeats, strict=True)
        )

    def apply(self, batch: Batch, params: tuple[Any, ...]) -> Batch:
        for part, drawn in zip(self.parts, params, strict=True):
            batch = part.apply(batch, drawn)
        return batch
