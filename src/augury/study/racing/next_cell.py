"""Which cell a race runs next: a pure function of what has ended and what runs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from augury.records.cell import Cell
from augury.study.judging.pairs import Arm, arm_of

FAILURES_IN_A_ROW = 3
"""An arm whose latest seeds have failed so often, one after the other, gets no more of them."""


@dataclass(frozen=True)
class Ended:
    """What has become of the cells of a race, by name. lost: to be tried again, alone, later."""

    done: Set[str] = frozenset()
    failed: Set[str] = frozenset()
    running: Set[str] = frozenset()
    lost: Set[str] = frozenset()


class Lanes:
    """The cells of a race by arm and seed.

    planned: the cells that have been asked for; arms: those that race, with one of the cells of
    each, in the order of the study, the baselines among them; first: the lowest seed.
    """

    def __init__(
        self, planned: Iterable[Cell], arms: Mapping[Arm, Cell], baseline: str, first: int = 0
    ) -> None:
        self.arms, self.baseline, self.first = dict(arms), baseline, first
        self.cells: dict[Arm, dict[int, Cell]] = defaultdict(dict)
        for cell in planned:
            self.add(cell)

    def add(self, cell: Cell) -> None:
        """Note that `cell` has been asked for."""
        self.cells[arm_of(cell)][cell.seed] = cell

    def seeds(self, count: int) -> range:
        """The first so many seeds of an arm."""
        return range(self.first, self.first + count)

    def baseline_of(self, arm: Arm) -> Arm:
        """The arm that `arm` is compared with."""
        return *arm[:2], self.baseline

    def compared(self) -> list[Arm]:
        """The arms that race against a baseline."""
        return [a for a in self.arms if a[2] != self.baseline and self.baseline_of(a) in self.arms]

    def at(self, arm: Arm, seed: int) -> Cell:
        """The cell of an arm and seed, as it was asked for or as it would be."""
        return self.cells[arm].get(seed) or replace(self.arms[arm], seed=seed)

    def is_asked(self, arm: Arm, seed: int) -> bool:
        """Whether the cell of this arm and seed has been asked for."""
        return seed in self.cells[arm]

    def has(self, arm: Arm, seed: int, names: Set[str]) -> bool:
        """Whether the cell of this arm and seed has been asked for and is among `names`."""
        cell = self.cells[arm].get(seed)
        return cell is not None and cell.name in names


def next_cell(
    lanes: Lanes,
    ended: Ended,
    settled: Set[Arm],
    max_seeds: int,
    fits: Callable[[Cell], bool] = lambda cell: True,
    expected: Mapping[Arm, int] | None = None,
) -> Cell | None:
    """The cell to begin now, or None where there is none.

    What was asked for and has not ended comes first. After that arms that are not in `expected`,
    then the arm that has the fewest seeds to go, so that a budget which ends early has decided what
    it could: any order keeps the error rates, as a race bounds the largest e-value of all. Of arms
    that are alike in this the lowest seed is next, its baseline's before its own, the arms in the
    order of the study; and a baseline runs as far as its arms do.

    settled: the arms that get no more seeds; fits: whether the budget allows a cell; expected: of
    arms with results enough to tell, how many seeds they will have had when they are decided.
    """
    new = _new(lanes, ended, settled, max_seeds, expected or {})
    candidates = (*_unended(lanes, ended), *new)
    return next((cell for cell in candidates if fits(cell)), None)


def seeds_to_come(lanes: Lanes, ended: Ended, settled: Set[Arm], max_seeds: int) -> list[Cell]:
    """All cells that may still be begun, if nothing more is decided."""
    found = {cell.name: cell for cell in _unended(lanes, ended)}
    for arm in _open(lanes, ended, settled):
        for seed in lanes.seeds(max_seeds):
            for each in (lanes.baseline_of(arm), arm):
                cell = lanes.at(each, seed)
                if not lanes.is_asked(each, seed):
                    found[cell.name] = cell
    return list(found.values())


def given_up(lanes: Lanes, ended: Ended, arm: Arm) -> bool:
    """Whether the latest seeds of `arm` that have ended have all failed, three or more of them."""
    cells = lanes.cells[arm]
    names = [cells[seed].name for seed in sorted(cells)]
    latest = [name in ended.failed for name in names if name in ended.failed or name in ended.done]
    return len(latest) >= FAILURES_IN_A_ROW and all(latest[-FAILURES_IN_A_ROW:])


def _unended(lanes: Lanes, ended: Ended) -> list[Cell]:
    """The cells that were asked for and have not ended, the lowest seeds first.

    Without those that no longer have a partner, as the baseline's run of that seed has failed.
    """
    over = ended.done | ended.failed | ended.running
    waiting = []
    for place, arm in enumerate(lanes.arms):
        if given_up(lanes, ended, arm) or given_up(lanes, ended, lanes.baseline_of(arm)):
            continue
        for seed, cell in lanes.cells[arm].items():
            if cell.name not in over and not _alone(lanes, ended, arm, seed):
                waiting.append((seed, place, cell))
    return [cell for _, _, cell in sorted(waiting, key=lambda each: each[:2])]


def _new(
    lanes: Lanes, ended: Ended, settled: Set[Arm], max_seeds: int, expected: Mapping[Arm, int]
) -> list[Cell]:
    """The next cell of each undecided arm: those first of which too little is known, the lowest
    seeds first, then those with the fewest seeds to go."""
    places = {arm: place for place, arm in enumerate(lanes.arms)}
    found: list[tuple[tuple[int, int, int], Cell]] = []
    for arm in _open(lanes, ended, settled):
        baseline = lanes.baseline_of(arm)
        for seed in _seeds_for(lanes, ended, arm, max_seeds):
            asked = lanes.is_asked(baseline, seed)
            cell = lanes.at(arm if asked else baseline, seed)
            place = places[arm] if asked else -1
            to_go = _to_go(lanes, ended, arm, expected[arm]) if arm in expected else 0
            found.append(((to_go, seed, place), cell))
            break
    return [cell for _, cell in sorted(found, key=lambda each: each[0])]


def _to_go(lanes: Lanes, ended: Ended, arm: Arm, expected: int) -> int:
    """Seeds until `arm` has as many as `expected`, at least 1; those that run count double.

    So that several workers do not all take the one arm that is nearest.
    """
    names = [cell.name for cell in lanes.cells[arm].values()]
    have = sum(name in ended.done or name in ended.failed for name in names)
    return max(1, expected - have + sum(name in ended.running for name in names))


def _seeds_for(lanes: Lanes, ended: Ended, arm: Arm, max_seeds: int) -> Iterator[int]:
    """Of the first `max_seeds`, those that `arm` has not got yet and could be compared at."""
    for seed in lanes.seeds(max_seeds):
        if not lanes.is_asked(arm, seed) and not _alone(lanes, ended, arm, seed):
            yield seed


def _alone(lanes: Lanes, ended: Ended, arm: Arm, seed: int) -> bool:
    """Whether the baseline's run of this seed has failed, so that `arm` has no partner there."""
    return arm[2] != lanes.baseline and lanes.has(lanes.baseline_of(arm), seed, ended.failed)


def _open(lanes: Lanes, ended: Ended, settled: Set[Arm]) -> list[Arm]:
    """The arms that may get more seeds.

    Not while a run of theirs, or of their baseline, waits to be tried again: they could not be
    looked at before that has ended.
    """
    found = []
    for arm in lanes.compared():
        baseline = lanes.baseline_of(arm)
        waits = any(
            cell.name in ended.lost
            for each in (arm, baseline)
            for cell in lanes.cells[each].values()
        )
        gone = given_up(lanes, ended, arm) or given_up(lanes, ended, baseline)
        if arm not in settled and not waits and not gone:
            found.append(arm)
    return found
