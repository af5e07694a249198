"""What the budget of a race can decide, said before it starts."""

import math
from collections.abc import Iterator

import numpy as np

from augury.errors import InputError
from augury.study.cell_states import FIRST_SEEDS
from augury.study.doctor.power import assumed_spread
from augury.study.judging.pairs import Arm
from augury.study.planning.parts import count_trained
from augury.study.racing.race import Race
from augury.study.racing.reach import least_seeds, race_detectable


def budget_lines(race: Race, at_once: int) -> list[str]:
    """A line for the budget, and one for what it can decide on each data set.

    at_once: cells that run at the same time. Raises InputError where `max_seeds` leaves so few
    seeds that nothing could be decided, whatever the differences are.
    """
    rule, arms = race.plan.rule, race.lanes.compared()
    least = least_seeds(len(arms), rule)
    if race.budget.max_seeds < least:
        compared = "1 comparison" if len(arms) == 1 else f"{len(arms)} comparisons"
        raise InputError(
            f"max_seeds: {race.budget.max_seeds} can decide nothing; with {compared} "
            f"no verdict is possible before {least} seeds, however large a difference is"
        )
    seeds, words = _seeds(race, at_once)
    if seeds < least:
        cells = least * len(race.lanes.arms)
        told = f"{words}, and nothing can be decided before {least}"
        would = "more time" if cells <= race.budget.cells else f"--cells {cells} or more"
        if race.budget.seconds < math.inf and cells <= race.budget.cells:
            seconds = _round_seconds(race, at_once)
            would = f"--time {math.ceil(least * (seconds or 0) / 60)}m or more"
        return [f"budget: {told}: this decides nothing yet; {would} would"]
    return [f"budget: {words}", *_reach(race, seeds, len(arms))]


def _reach(race: Race, seeds: int, comparisons: int) -> Iterator[str]:
    rule = race.plan.rule
    for name in dict.fromkeys(arm[0] for arm in race.lanes.compared()):
        spread, source = _spread(race, name)
        points = race_detectable(spread, seeds, comparisons, rule)
        where = f"on {name} " if len(race.plan.datasets) > 1 else ""
        found = (
            "no difference" if points is None else f"a difference of {points:.2g} points or more"
        )
        yield (
            f"{where}it decides {found} in {rule.power:.0%} of races, "
            f"at a spread of {spread:.2g} points ({source})"
        )


def _seeds(race: Race, at_once: int) -> tuple[int, str]:
    """The seeds that every arm could get, and the budget in words."""
    budget, arms = race.budget, len(race.lanes.arms)
    seeds, parts = budget.max_seeds, [f"at most {budget.max_seeds} seeds an arm"]
    if budget.cells < math.inf:
        seeds = min(seeds, int(budget.cells // arms))
        parts.append(f"{budget.cells:,.0f} cells")
    seconds = _round_seconds(race, at_once)
    if budget.seconds < math.inf:
        parts.append(f"{budget.seconds / 60:.3g} minutes")
        if seconds:
            left = max(0.0, budget.seconds - race.clock())
            seeds = min(seeds, _least_done(race) + int(left / seconds))
    words = " and ".join([", ".join(parts[:-1]), parts[-1]] if parts[1:] else parts)
    if seeds < budget.max_seeds:
        words += f", which is about {seeds} seeds an arm if all arms go on"
    elif seconds:
        hours = budget.max_seeds * seconds / 3600
        took = f"{60 * hours:.2g} minutes" if hours < 1.5 else f"{hours:.2g} hours"
        words += f", {took} if nothing is decided before"
    return seeds, words


def _least_done(race: Race) -> int:
    return min((len(each.seeds) for each in race.standing.seen.values()), default=0)


def _round_seconds(race: Race, at_once: int) -> float | None:
    """Seconds of one more seed of every arm and baseline, by what is known of their cells."""
    known = [race.durations.expected(cell) for cell in race.lanes.arms.values()]
    found = [seconds for seconds in known if seconds is not None]
    return math.fsum(found) / at_once if len(found) == len(known) else None


def _spread(race: Race, dataset: str) -> tuple[float, str]:
    """Standard deviation of paired differences on a data set, points, and where it is from."""
    seen: dict[Arm, np.ndarray] = {
        arm: each.differences
        for arm, each in race.standing.seen.items()
        if arm[0] == dataset and len(each.seeds) >= FIRST_SEEDS
    }
    freedom = sum(len(each) - 1 for each in seen.values())
    if freedom:
        squares = math.fsum(float(each.var(ddof=1)) * (len(each) - 1) for each in seen.values())
        if 0 < squares < math.inf:
            return math.sqrt(squares / freedom), f"of {sum(map(len, seen.values()))} finished pairs"
    planned = race.plan.datasets[dataset]
    recipe = next(iter(race.lanes.arms.values())).recipe
    classes, own, split = len(planned.classes), planned.own_validation, planned.split
    trained = count_trained(planned.train, classes, own, recipe, split)
    why = "a default: nothing has been run yet"
    if split:
        why += f", and that seeds test different {split.column}s is left out of it"
    return assumed_spread(None, trained).deviation, why
