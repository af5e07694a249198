"""Accuracies of runs as studies meet them: normal, skewed, rounded, at the ceiling, failed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
# (standardized draws of a shape; mean 0, deviation 1)
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]

DIGITS_TEST_IMAGES = 539
_TAIL = 3


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.standard_normal(shape)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """A tail to the left, as of runs that now and then go wrong: 1 minus an exponential draw."""
    return 1 - rng.standard_exponential(shape)


def heavy(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Student's t with 3 degrees of freedom, scaled to a deviation of 1."""
    return rng.standard_t(_TAIL, shape) / np.sqrt(_TAIL / (_TAIL - 2))


@dataclass(frozen=True, eq=False)
class World:
    """How the accuracies of runs come about, in percentage points.

    deviation: from run to run; center: the baseline's mean; draw, draw_arm: the shape of the
    baseline's and of the arms' runs; images: of the test part, to which accuracies are rounded,
    None for none; failed: the share of cells that fail for good; values: real accuracies to draw
    from with replacement, in place of a shape; errors: whether wrong images are counted, each run's
    by Poisson's law around a rate that varies by a quarter from run to run, as near a ceiling.
    """

    name: str
    deviation: float = 0.0
    center: float = 90.0
    draw: Draw = normal
    draw_arm: Draw | None = None
    images: int | None = None
    failed: float = 0.0
    values: Array | None = None
    errors: bool = False

    def accuracies(self, effects: Array, seeds: int, rng: np.random.Generator) -> Array:
        """(R, 1 + K, seeds) of R studies, the baseline first; NaN where a cell failed.

        effects: (R, K), true differences of the arms from the baseline, percentage points.
        """
        races, arms = effects.shape
        shape = (races, 1 + arms, seeds)
        means = self.center + np.concatenate([np.zeros((races, 1)), effects], axis=1)[..., None]
        found = self._runs(means, shape, rng)
        if self.images is not None:
            found = np.rint(found * self.images / 100) * 100 / self.images
        if self.failed:
            found = np.where(rng.random(shape) < self.failed, np.nan, found)
        return found

    def _runs(self, means: Array, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        if self.values is not None:
            # Real runs have a mean of their own; only differences count here.
            return rng.choice(self.values, shape) + means - self.center
        if self.errors:
            images = self.images or DIGITS_TEST_IMAGES
            rates = (100 - means) / 100 * images * rng.gamma(16, 1 / 16, shape)
            return 100 - 100 * np.minimum(rng.poisson(rates), images) / images
        drawn = self.draw(rng, shape)
        if self.draw_arm is not None:
            drawn[:, 1:] = self.draw_arm(rng, (shape[0], shape[1] - 1, shape[2]))
        return means + self.deviation * drawn
