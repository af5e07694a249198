"""The paired differences of an arm in the order of its seeds, as far as they are without a gap."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats import to_points
from augury.study.cell_states import FIRST_SEEDS
from augury.study.judging.pairs import Arm
from augury.study.racing.next_cell import Ended, Lanes


@dataclass(frozen=True)
class Prefix:
    """What a race may look at of one arm.

    seeds: in ascending order; differences: (S,) percentage points, arm minus baseline.
    """

    seeds: tuple[int, ...]
    differences: NDArray[np.float64]


def prefix(lanes: Lanes, ended: Ended, scores: Mapping[str, float], arm: Arm) -> Prefix:
    """The pairs of `arm` up to the first seed that has not ended on both sides.

    A seed that has failed on either side is left out, and those after it count. So what is looked
    at never depends on which run ended first. scores: of the finished cells by name, in [0, 1].
    """
    baseline = lanes.baseline_of(arm)
    seeds, differences = [], []
    last = max((*lanes.cells[arm], *lanes.cells[baseline]), default=-1)
    for seed in range(lanes.first, 1 + last):
        sides = (arm, baseline)
        if any(lanes.has(side, seed, ended.failed) for side in sides):
            continue
        if not all(lanes.has(side, seed, ended.done) for side in sides):
            break
        ours, theirs = (scores[lanes.at(side, seed).name] for side in sides)
        seeds.append(seed)
        differences.append(to_points(ours) - to_points(theirs))
    return Prefix(tuple(seeds), np.array(differences))


def was_passed(lanes: Lanes, ended: Ended, arm: Arm, seed: int) -> bool:
    """Whether a look has gone past the failed run of `arm` at `seed`, which then stays out.

    That is where a later seed counts, with three pairs or more. A run that was tried again and
    succeeded would put a value into the middle of a sequence that has been looked at.
    """
    partners = lanes.compared() if arm[2] == lanes.baseline else [arm]
    theirs = [each for each in partners if lanes.baseline_of(each) == lanes.baseline_of(arm)]
    none = dict.fromkeys(ended.done, 0.0)
    for each in theirs:
        looked_at = prefix(lanes, ended, none, each).seeds
        if len(looked_at) >= FIRST_SEEDS and looked_at[-1] > seed:
            return True
    return False
