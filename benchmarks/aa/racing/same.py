"""Whether looks from what was worked out before say what the rule of races says."""

from collections import Counter
from dataclasses import replace

import numpy as np

from augury.stats import Rule
from augury.stats.race import race_state

from .course import MAX_SEEDS, Plan
from .deciding import arms_of, look
from .paths import differences, paths_of
from .worlds import World


def compare_looks(world: World, races: int, rule: Rule, seed: tuple[int, ...]) -> Counter[str]:
    """Of races in two batches whose arms have any numbers of seeds: looks, and those that differ.

    The rule spelled out at every look is `race_state`, on the differences up to there.
    """
    rng = np.random.default_rng(seed)
    found: Counter[str] = Counter()
    batches = (("a", "b", "c", "d"), ("e", "f"))
    names = [name for batch in batches for name in batch]
    numbers = (tuple(range(4)), (4, 5))
    rule = replace(rule, design="race", batches=batches)
    plan = Plan(rule, ((numbers[0], 0), (numbers[1], 0)))
    levels = np.tile(plan.levels(len(names)), (races, 1))
    effects = rng.choice([0.0, rule.min_difference, 5 * rule.min_difference], (races, len(names)))
    accuracies = world.accuracies(effects, MAX_SEEDS, rng)
    values, counts = differences(accuracies)
    paths = paths_of(accuracies, levels, rule, looks_ahead=False)
    for race in range(races):
        arms = arms_of(paths, race)
        # Numbers of seeds that only grow, as looks have them.
        for seeds in np.sort(rng.integers(0, MAX_SEEDS + 1, (6, len(names))), axis=0):
            pairs = [int(counts[race, i, n - 1]) if n else 0 for i, n in enumerate(seeds)]
            quick = [
                verdict or "not decided"
                for batch, its in zip(numbers, plan.rules, strict=True)
                for verdict in look([arms[i] for i in batch], [pairs[i] for i in batch], its)
            ]
            states = race_state(
                {name: values[race, i, : pairs[i]] for i, name in enumerate(names) if pairs[i]},
                rule,
                {name: name for name in names},
            )
            whole = [states[name].says if name in states else "not decided" for name in names]
            found["looks"] += 1
            found["differ"] += quick != whole
            found.update(whole)
    return found
