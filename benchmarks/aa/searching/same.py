"""Whether a simulated step ends as `augury.study.racing` has it, arm by arm."""

from collections import Counter

import numpy as np
from benchmarks.aa.racing.course import MAX_SEEDS
from benchmarks.aa.racing.paths import differences
from numpy.typing import NDArray

from augury.stats import Rule
from augury.study.racing.prefix import Prefix
from augury.study.racing.standing import look

from .step import step_all


def compare_steps(accuracies: NDArray[np.float64], rule: Rule) -> Counter[str]:
    """How many steps there are, and how many `differ`. accuracies: as for `step_all`."""
    found: Counter[str] = Counter(steps=0, differ=0)
    values, _ = differences(accuracies)
    for race, stepped in enumerate(step_all(accuracies, rule)):
        arms = [("data", "network", f"arm {i}") for i in range(values.shape[1])]
        seen = {
            arm: Prefix(tuple(range(n)), row[:n])
            for arm, n, row in zip(arms, stepped.seeds, values[race], strict=True)
        }
        standing = look(seen, rule, MAX_SEEDS)
        said = [standing.states[arm].says.replace("not decided", "") for arm in arms]
        beaten = {arms[i] for i in stepped.beaten}
        over = all(len(seen[arm].seeds) == MAX_SEEDS for arm in standing.open)
        same = said == list(stepped.verdicts) and beaten == standing.beaten and over
        found.update(steps=1, differ=not same)
    return found
