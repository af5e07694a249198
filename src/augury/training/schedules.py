"""The learning rate's schedules by name.

A new one is a row of `SCHEDULES` here and its name in `augury.records.recipe`.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from augury.names import lookup
from augury.records.recipe import Recipe


class Schedule(Protocol):
    """The learning rate over one run."""

    def rate(self, progress: float) -> float:
        """The learning rate where the share `progress`, in [0, 1], of all steps is done."""

    def update(self, validation_loss: float) -> None:
        """Take note of the validation loss after one more epoch."""

    def state(self) -> dict[str, float]:
        """State for `restore`; kept in checkpoints."""

    def restore(self, state: Mapping[str, float]) -> None:
        """Go back to what `state` returned."""


class ByProgress:
    """`peak` times a function of progress, and of nothing else."""

    def __init__(self, share: Callable[[float], float], peak: float) -> None:
        self._share, self._peak = share, peak

    def rate(self, progress: float) -> float:
        return self._peak * self._share(progress)

    def update(self, validation_loss: float) -> None:
        pass

    def state(self) -> dict[str, float]:
        return {}

    def restore(self, state: Mapping[str, float]) -> None:
        pass


class Plateau:
    """Reduce on plateau: times `factor` after `patience` epochs without a better loss.

    The defaults, and that better means at least 1e-4 less, are those of Keras's
    `ReduceLROnPlateau`, which the original study used (there without a validation loss to watch).
    """

    def __init__(self, lr: float, factor: float = 0.1, patience: int = 10) -> None:
        self.lr, self.factor, self.patience = lr, factor, patience
        self.best = math.inf
        self.waited = 0

    def rate(self, progress: float) -> float:
        return self.lr

    def update(self, validation_loss: float) -> None:
        if validation_loss < self.best - 1e-4:
            self.best, self.waited = validation_loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.lr, self.waited = self.lr * self.factor, 0

    def state(self) -> dict[str, float]:
        return dict(vars(self))

    def restore(self, state: Mapping[str, float]) -> None:
        vars(self).update(state)


def onecycle(progress: float) -> float:
    """Linear from 0 to 1 over the first quarter, then linear back to 0."""
    warmup = 0.25
    return progress / warmup if progress < warmup else (1 - progress) / (1 - warmup)


def cosine(progress: float, warmup: float = 0.0) -> float:
    """Linear from 0 to 1 over the share `warmup`, then from 1 to 0 along half a cosine."""
    if progress < warmup:
        return progress / warmup
    return (1 + math.cos(math.pi * (progress - warmup) / (1 - warmup))) / 2


def constant(progress: float) -> float:
    """Always 1."""
    return 1.0


# Each makes the schedule of a run from its recipe.
SCHEDULES: dict[str, Callable[[Recipe], Schedule]] = {
    "onecycle": lambda recipe: ByProgress(onecycle, recipe.lr),
    "cosine": lambda recipe: ByProgress(partial(cosine, warmup=recipe.warmup), recipe.lr),
    "plateau": lambda recipe: Plateau(recipe.lr),
    "constant": lambda recipe: ByProgress(constant, recipe.lr),
}


def build_schedule(recipe: Recipe) -> Schedule:
    """The schedule that `recipe` names, at its start."""
    return lookup(SCHEDULES, recipe.schedule, "schedule")(recipe)
