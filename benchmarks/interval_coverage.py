"""How often an interval of a mean over seeds holds the true mean, by the number of seeds.

python -m benchmarks.interval_coverage [--studies 2000] [--out benchmarks/results/NAME.json]

Differences between paired runs are drawn from a normal distribution and from a skewed one (an
exponential); the intervals are at 95 %, with 2,000 replicates. A share of 2,000 studies is known to
about one point.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from augury.stats import mean_interval, studentised_interval
from augury.study.provenance import provenance

SEEDS = (6, 8, 10, 15, 20, 30)
CONFIDENCE, REPLICATES = 0.95, 2000

Interval = Callable[[NDArray[np.float64], int], tuple[float, float]]


def student(values: NDArray[np.float64], number: int) -> tuple[float, float]:
    reach = scipy.stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1)
    reach *= values.std(ddof=1) / len(values) ** 0.5
    return values.mean() - reach, values.mean() + reach


INTERVALS: dict[str, Interval] = {
    "mean_interval": lambda values, number: mean_interval(values, CONFIDENCE, REPLICATES, number),
    "studentised_interval": lambda values, number: studentised_interval(
        values, CONFIDENCE, REPLICATES, number
    ),
    "Student's t": student,
}
# All have mean 0 and deviation 1.
DRAWS: dict[str, Callable[[np.random.Generator, int], NDArray[np.float64]]] = {
    "normal": lambda rng, n: rng.standard_normal(n),
    "exponential": lambda rng, n: rng.standard_exponential(n) - 1,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--out", type=Path, help="also write everything to this JSON file")
    arguments = parser.parse_args()
    print(f"| differences | interval | {' | '.join(f'{n} seeds' for n in SEEDS)} |")
    print("| --- | --- |" + " --- |" * len(SEEDS))
    found: dict[str, dict[str, list[float]]] = {}
    for shape, draw in DRAWS.items():
        shares = {name: [0.0] * len(SEEDS) for name in INTERVALS}
        for column, seeds in enumerate(SEEDS):
            for number in range(arguments.studies):
                values = draw(np.random.default_rng((seeds, number)), seeds)
                for name, interval in INTERVALS.items():
                    low, high = interval(values, number)
                    shares[name][column] += (low <= 0 <= high) / arguments.studies
        found[shape] = shares
        for name, row in shares.items():
            print(f"| {shape} | {name} | {' | '.join(f'{100 * x:.1f} %' for x in row)} |")
    if arguments.out:
        content = {"seeds": SEEDS, "studies": arguments.studies, "coverage": found}
        arguments.out.write_text(json.dumps({**content, **provenance()}, indent=1) + "\n")


if __name__ == "__main__":
    main()
