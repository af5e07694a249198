"""Which mixing constant c² makes races short, by simulation.

python -m benchmarks.aa.mixing [--races 1000] [--seed 1]

Prints the mean number of seeds until an arm is decided (300 where it is not), for the levels of a
single comparison, of 5 and of 20 (Bonferroni's, of the first batch: 0.04 / m). First for true
effects, in deviations of the paired differences: until p is small enough. Then for arms without
any effect, by min_difference in deviations: until the confidence sequence lies within it.

In short, for 5 comparisons and 1,000 races (docs/explanation/statistics.md has the table): no c²
is best everywhere. 0.1 is best for effects of 2 deviations and more, 2 for those of half a
deviation. 0.5 takes at most a sixth more seeds than the best anywhere from 0.5 to 3.
"""

import argparse
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from augury.stats import batch_alphas, confidence_sequence, log_e_process

from .tables import table

CONSTANTS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
COMPARISONS = (1, 5, 20)
EFFECTS = (0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
MATTERS = (0.5, 0.75, 1.0, 1.5, 2.0)
SEEDS = 300
FEWEST = 3


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.aa.mixing")
    parser.add_argument("--races", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    draws = rng.standard_normal((arguments.races, SEEDS))
    for comparisons in COMPARISONS:
        level = batch_alphas(0.05, 1)[0] / comparisons
        print(f"\n{comparisons} comparisons, {arguments.races} races each:\n")
        print(
            table(["", *(f"c² = {c:g}" for c in CONSTANTS)], list(rows(draws, level))), flush=True
        )


def rows(draws: NDArray[np.float64], level: float) -> Iterator[list[str]]:
    """A row for each true effect, and one for each difference that matters where there is none."""
    for effect in EFFECTS:
        found = [until_shown(draws, effect, level, c) for c in CONSTANTS]
        yield [f"effect {effect:g}", *(f"{seeds:.1f}" for seeds in found)]
    for matters in MATTERS:
        found = [until_small(draws, matters, level, c) for c in CONSTANTS]
        yield [f"none, {matters:g} matters", *(f"{seeds:.1f}" for seeds in found)]


def until_shown(draws: NDArray[np.float64], effect: float, level: float, mixing: float) -> float:
    """Mean number of seeds until the evidence against no difference is 1 / level."""
    return mean_first(log_e_process(draws + effect, 0.0, mixing) >= -math.log(level))


def until_small(draws: NDArray[np.float64], matters: float, level: float, mixing: float) -> float:
    """Mean number of seeds until the confidence sequence lies within ± `matters`."""
    return mean_first((np.abs(confidence_sequence(draws, level, mixing)) < matters).all(axis=-1))


def mean_first(reached: NDArray[np.bool_]) -> float:
    """Mean over races (rows) of the first number of seeds at which something holds."""
    reached = reached.copy()
    reached[:, : FEWEST - 1] = False
    first = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, reached.shape[1])
    return float(first.mean())


if __name__ == "__main__":
    main()
