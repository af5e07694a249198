"""What every augmentation is: draws become params (`sample`), params become pixels (`apply`)."""

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws

Params = TypeVar("Params")


class Augmentation(ABC, Generic[Params]):
    """One method. Calling it samples and applies: `batch = Cutout()(batch, draws)`.

    `sample` returns a frozen dataclass of tensors whose first dimension is B, drawn per sample
    from `draws` and from nothing else. `apply` is deterministic and mutates nothing, so tests and
    figures may hand it params of their own.
    """

    @abstractmethod
    def sample(self, batch: Batch, draws: Draws) -> Params:
        """Draw the params of each image of `batch`."""

    @abstractmethod
    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the batch that `params` describe."""

    def __call__(self, batch: Batch, draws: Draws) -> Batch:
        return self.apply(batch, self.sample(batch, draws))


def check_probability(name: str, value: float) -> None:
    """Raise InputError unless 0 ≤ value ≤ 1."""
    if not 0 <= value <= 1:
        raise InputError(f"{name}: must lie in [0, 1], got {value}")


def check_range(name: str, value: tuple[float, float], low: float, high: float) -> None:
    """Raise InputError unless low ≤ value[0] ≤ value[1] ≤ high."""
    if not low <= value[0] <= value[1] <= high:
        raise InputError(f"{name}: must be a rising pair within [{low:g}, {high:g}], got {value}")
