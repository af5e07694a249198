"""By how much a step overstates what it has chosen, by what its user can see of it."""

from collections.abc import Sequence

import numpy as np

from .searches import Chosen, Landscape, search_all

EDGES = (1.0, 1.5, 2.0, 3.0)
"""Between differences of the chosen arm, in deviations of its paired differences."""
DEVIATIONS = (0.15, 0.6, 1.4)
SPREADS = (0.5, 1.0, 2.0)
"""Of the effects of candidates that have any, in deviations of paired differences."""
CANDIDATES = (3, 5, 10)


def optimism_rows(searches: int, seed: Sequence[int]) -> list[dict[str, float]]:
    """Steps, and the mean of what they overstate with its error, between `EDGES`.

    searches: for each deviation, spread of effects and number of candidates. Half of the candidates
    have no effect.
    """
    rng = np.random.default_rng(tuple(seed))
    steps: list[Chosen] = []
    for deviation in DEVIATIONS:
        for spread in SPREADS:
            for candidates in CANDIDATES:
                land = Landscape(
                    "effects drawn",
                    (0.0,) * candidates,
                    deviation=deviation,
                    spread=spread * deviation * 2**0.5,
                )
                for one in search_all(land, searches, rng):
                    steps += one.steps
    seen = np.array([step.difference / step.deviation for step in steps])
    over = np.array([(step.difference - step.true) / step.deviation for step in steps])
    place = np.searchsorted(EDGES, seen, side="right")
    rows = []
    for bin_ in range(len(EDGES) + 1):
        own = over[place == bin_]
        error = float(own.std(ddof=1) / np.sqrt(len(own)))
        rows.append({"steps": len(own), "mean": float(own.mean()), "error": error})
    return rows
