"""What is still to come of a race: seconds, and how many arms the budget will leave undecided."""

from collections.abc import Mapping
from dataclasses import dataclass

from augury.study.judging.pairs import Arm
from augury.study.racing.race import Race
from augury.study.racing.standing import seeds_expected


@dataclass(frozen=True)
class Forecast:
    """How far a race is. comparisons: arms against their baselines; decided: of these.

    beyond: those that will not be decided within the budget, as far as is known; seconds: until
    all others are, None where nothing tells.
    """

    comparisons: int
    decided: int
    beyond: int
    seconds: float | None


def forecast(race: Race, at_once: int) -> Forecast:
    """What is still to come if all arms go on as they are.

    at_once: cells that run at the same time.
    """
    standing, budget = race.standing, race.budget
    needed = seeds_expected(standing, race.plan.rule, standing.open, budget.max_seeds)
    lost = len(standing.hopeless) + len(standing.unusable)
    lost += sum(seeds is None for seeds in needed.values())
    known = {arm: seeds for arm, seeds in needed.items() if seeds is not None}
    left = budget.seconds - race.clock()
    cells_left = budget.cells - len(race.ended.done) - len(race.ended.failed)
    ends = _ends(race, known)
    within = [(s, c) for s, c in ends if s / at_once <= left and c <= cells_left]
    seconds = max((s for s, _ in within), default=None)
    return Forecast(
        comparisons=len(standing.seen.keys() - standing.idle),
        decided=len(standing.decided - standing.idle),
        beyond=lost + len(ends) - len(within),
        seconds=None if seconds is None else seconds / at_once,
    )


def _ends(race: Race, needed: Mapping[Arm, int]) -> list[tuple[float, int]]:
    """Of each arm the seconds of all cells until it is decided, one after the other, and how many.

    The seeds are given out as the race gives them: to the arm with the fewest to go.
    """
    seconds, cells, ends = 0.0, 0, []
    have = race.ended.done | race.ended.failed
    counted = set[tuple[Arm, int]]()
    to_go = {arm: last - len(race.standing.seen[arm].seeds) for arm, last in needed.items()}
    for arm in sorted(needed, key=to_go.__getitem__):
        for seed in race.lanes.seeds(needed[arm]):
            for side in (race.lanes.baseline_of(arm), arm):
                if race.lanes.has(side, seed, have) or (side, seed) in counted:
                    continue
                counted.add((side, seed))
                seconds += race.durations.expected(race.lanes.at(side, seed)) or 0.0
                cells += 1
        ends.append((seconds, cells))
    return ends
