"""Studies without an effect, cut or drawn from runs of one arm, and the planting of an effect.

An arm is compared with itself here, so every "helps" or "hurts" is false. The runs of an arm and
of its baseline have different seeds: unpaired in truth, but exchangeable, as the tests ask.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from augury.stats import Pair

# Of Gauss and Hermite: more of them change the fitted deviation by less than 10^-6 points.
_NODES = 61
_WIDEST_SPREAD = 3.0


@dataclass(frozen=True, eq=False)
class Study:
    """correct: (1 + arms, seeds, images) bool, which image was right in which run.

    The first row is the baseline. Seeds stand in the order in which a study would train them.
    """

    correct: NDArray[np.bool_]

    def pairs(self, seeds: int | None = None) -> list[Pair]:
        """Each arm with the baseline, over the first `seeds` seeds; None for all."""
        correct = self.correct[:, :seeds]
        accuracy = correct.mean(axis=2)
        return [
            Pair(tuple(range(correct.shape[1])), accuracy[i], accuracy[0], correct[i], correct[0])
            for i in range(1, len(correct))
        ]


class Source(Protocol):
    """Where the runs of simulated studies come from."""

    def draw(self, arms: int, seeds: int, rng: np.random.Generator) -> Study:
        """A study of `arms` and a baseline, all alike."""


@dataclass(frozen=True, eq=False)
class RealRuns:
    """correct: (R, N) bool. Each study draws its runs without replacement."""

    correct: NDArray[np.bool_]

    def draw(self, arms: int, seeds: int, rng: np.random.Generator) -> Study:
        needed = (1 + arms) * seeds
        if needed > len(self.correct):
            raise ValueError(f"{needed} runs are needed, the pool has {len(self.correct)}")
        rows = rng.permutation(len(self.correct))[:needed]
        return cut(self.correct[rows], arms, seeds)[0]


def cut(correct: NDArray[np.bool_], arms: int, seeds: int) -> list[Study]:
    """Studies of consecutive rows of (R, N), each row used once; a rest is left over."""
    size = (1 + arms) * seeds
    blocks = [correct[i : i + size] for i in range(0, len(correct) - size + 1, size)]
    return [Study(block.reshape(1 + arms, seeds, -1)) for block in blocks]


@dataclass(frozen=True, eq=False)
class RunModel:
    """Runs without end, fitted to real ones: image i is right in run r with the probability
    logistic(ease_i + spread · z_r), with z_r standard normal, independently given z_r.

    ease: (N,) logits, infinite where all real runs agreed; spread: of runs, on that scale.
    """

    ease: NDArray[np.float64]
    spread: float

    @classmethod
    def fit(cls, correct: NDArray[np.bool_]) -> "RunModel":
        """The model in which each image's mean, and the deviation of accuracies, are those found.

        correct: (R, N). Raises ValueError where the runs vary less than chance does, or too much.
        """
        rates, wanted = correct.mean(axis=0), float(correct.mean(axis=1).std(ddof=1))

        def excess(spread: float) -> float:
            return cls(_ease(rates, spread), spread).moments()[1] - wanted

        if not excess(0.0) < 0 < excess(_WIDEST_SPREAD):
            raise ValueError(f"no model of these runs: their accuracies deviate by {wanted:g}")
        spread = float(brentq(excess, 0.0, _WIDEST_SPREAD))
        return cls(_ease(rates, spread), spread)

    def draw(self, arms: int, seeds: int, rng: np.random.Generator) -> Study:
        luck = self.spread * rng.standard_normal((1 + arms, seeds, 1))
        return Study(rng.random((1 + arms, seeds, len(self.ease))) < expit(self.ease + luck))

    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of a run's accuracy, as fractions."""
        nodes, weights = _normal_nodes()
        chances = expit(self.ease + self.spread * nodes[:, None])
        by_luck = chances.mean(axis=1)
        mean = float(weights @ by_luck)
        between = float(weights @ (by_luck - mean) ** 2)
        within = float(weights @ (chances * (1 - chances)).mean(axis=1)) / len(self.ease)
        return mean, float(np.sqrt(between + within))


def _normal_nodes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    return nodes, weights / weights.sum()


def _ease(rates: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    """The logits at which the mean over luck is `rates`; ±inf for 0 and 1. By bisection."""
    nodes, weights = _normal_nodes()
    low, high = np.full_like(rates, -50.0), np.full_like(rates, 50.0)
    for _ in range(60):
        middle = (low + high) / 2
        under = weights @ expit(middle + spread * nodes[:, None]) < rates
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.where(rates == 0, -np.inf, np.where(rates == 1, np.inf, (low + high) / 2))


def plant(study: Study, share: float, rng: np.random.Generator) -> Study:
    """The study with each wrong image of each arm's run turned right with probability `share`."""
    correct = study.correct.copy()
    correct[1:] |= rng.random(correct[1:].shape) < share
    return Study(correct)
