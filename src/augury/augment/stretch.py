"""Neighbors in a chain that are sampled from the same batch."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.geometry.resampling import Geometric, resample, resampling
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws

Parts = Sequence[Augmentation[Any]]


class Stretch(Augmentation[tuple[Any, ...]]):
    """Several `groups` of parts that have steps, so that none looks at pixels; or a single group.

    groups: a part, or neighbors that move pixels and share one resampling. scopes: those of the
    draws of each part.
    """

    def __init__(self, groups: Sequence[Parts], scopes: Sequence[str]) -> None:
        self.groups = groups
        self.parts = [part for group in groups for part in group]
        self.scopes = scopes

    def __len__(self) -> int:
        return len(self.parts)

    def sample(self, batch: Batch, draws: Draws) -> tuple[Any, ...]:
        return tuple(
            part.sample(batch, replace(draws, scope=draws.scope + scope))
            for part, scope in zip(self.parts, self.scopes, strict=True)
        )

    def apply(self, batch: Batch, params: tuple[Any, ...]) -> Batch:
        for group, drawn in self._with_params(params):
            if len(group) == 1:
                batch = group[0].apply(batch, drawn[0])
            else:
                batch = resample(batch, _moving(group), drawn)
        return batch

    @property
    def has_steps(self) -> bool:
        return all(part.has_steps for part in self.parts)

    def steps(self, params: tuple[Any, ...], size: tuple[int, int]) -> tuple[Step, ...] | None:
        found: list[Step] = []
        for group, drawn in self._with_params(params):
            if len(group) > 1:
                found.append(resampling(_moving(group), drawn, size))
                continue
            steps = group[0].steps(drawn[0], size)
            if steps is None:
                return None
            found += steps
        return tuple(found)

    def _with_params(self, params: tuple[Any, ...]) -> Iterator[tuple[Parts, tuple[Any, ...]]]:
        begin = 0
        for group in self.groups:
            yield group, params[begin : begin + len(group)]
            begin += len(group)


def _moving(group: Parts) -> list[Geometric[Any]]:
    return [part for part in group if isinstance(part, Geometric)]
