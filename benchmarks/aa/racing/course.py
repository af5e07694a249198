"""One simulated race: workers take cells, finish in random order, and every finish is a look."""

import heapq
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from augury.stats import Rule, batch_alphas

from .deciding import Arm, look

MAX_SEEDS = 24
"""Of an arm, as `augury study` has it by default."""
FIRST = 5
"""Pairs that every arm gets before the order looks at any result."""


@dataclass(frozen=True)
class Plan:
    """How a race is run.

    entries: for each batch of arms, their numbers and after how many ended cells they are added;
    workers: cells at a time; max_seeds: of an arm; cells: budget,
    None for none; in_turn: whether the arm with the fewest seeds is next, else, once all have
    some, the one that needs the fewest more if it goes on as so far; drops: whether arms that
    max_seeds would hardly decide get no more.
    """

    rule: Rule
    entries: tuple[tuple[tuple[int, ...], int], ...]
    workers: int = 1
    max_seeds: int = MAX_SEEDS
    cells: int | None = None
    in_turn: bool = True
    drops: bool = False

    @cached_property
    def rules(self) -> list[Rule]:
        """Of each batch: the race's, at the alpha at which the batch would be the first one."""
        alphas = batch_alphas(self.rule.alpha, len(self.entries))
        alone = replace(self.rule, batches=())
        return [replace(alone, alpha=self.rule.alpha * each / alphas[0]) for each in alphas]

    def levels(self, arms: int) -> NDArray[np.float64]:
        """(arms,): the level of each arm's confidence sequence; those that never enter have 0.5."""
        found = np.full(arms, 0.5)
        alphas = batch_alphas(self.rule.alpha, len(self.entries))
        for (numbers, _), alpha in zip(self.entries, alphas, strict=True):
            found[list(numbers)] = alpha / len(numbers)
        return found


@dataclass
class Course:
    """A race as it goes, or has gone.

    verdicts: by arm, once decided; dropped: arms that get no more seeds; decided_after: by arm,
    pairs; cells: begun so far; looks: how many there were; decisions: (cells ended, arm) in the
    order in which arms were decided.
    """

    verdicts: dict[int, str] = field(default_factory=dict)
    dropped: set[int] = field(default_factory=set)
    decided_after: dict[int, int] = field(default_factory=dict)
    cells: int = 0
    looks: int = 0
    ended: int = 0
    decisions: list[tuple[int, int]] = field(default_factory=list)


def run_race(arms: list[Arm], plan: Plan, rng: np.random.Generator) -> Course:
    """Run one race to its end: all is decided, or seeds or budget are used up.

    arms: what looks see of each arm, by number from 0; cell durations vary by half of themselves
    (lognormal), so that cells end in random order.
    """
    course, track = Course(), Track(arms, plan)
    durations = iter(np.exp(0.5 * rng.standard_normal((len(arms) + 1) * plan.max_seeds)).tolist())
    running: list[tuple[float, int, int]] = []
    now = 0.0
    while True:
        track.enter(course.ended)
        while len(running) < plan.workers and (cell := track.take(course)) is not None:
            heapq.heappush(running, (now + next(durations), *cell))
        if not running:
            if not track.skip_to_next_entry():
                return course
            continue
        now, row, seed = heapq.heappop(running)
        course.ended += 1
        for batch in track.finish(row, seed):
            course.looks += 1
            _look(arms, plan, batch, track, course)


def _look(arms: list[Arm], plan: Plan, batch: int, track: "Track", course: Course) -> None:
    numbers = plan.entries[batch][0]
    pairs = [track.pairs[number] for number in numbers]
    found = look([arms[i] for i in numbers], pairs, plan.rules[batch])
    for number, verdict, n in zip(numbers, found, pairs, strict=True):
        if number in course.verdicts:
            continue
        if verdict:
            course.verdicts[number] = verdict
            course.decided_after[number] = n
            course.decisions.append((course.ended, number))
        elif plan.drops and n and arms[number].hopeless[n - 1]:
            course.dropped.add(number)


class Track:
    """Which cells were begun and ended, by row: 0 for the baseline, 1 + number for an arm.

    pairs: of each arm, those that a look may use.
    """

    def __init__(self, arms: list[Arm], plan: Plan) -> None:
        self._arms, self._plan = arms, plan
        self._batch_of = {i: b for b, (numbers, _) in enumerate(plan.entries) for i in numbers}
        self.pairs = [0] * len(arms)
        self._entered: list[int] = []
        self._batches = 0
        self._begun = [0] * (1 + len(arms))
        self._prefix = [0] * (1 + len(arms))
        self._ended: list[set[int]] = [set() for _ in range(1 + len(arms))]

    def enter(self, ended: int) -> None:
        """Add the arms whose time has come."""
        entries = self._plan.entries
        while self._batches < len(entries) and entries[self._batches][1] <= ended:
            self._entered += entries[self._batches][0]
            self._batches += 1

    def skip_to_next_entry(self) -> bool:
        """Whether there are arms to come, which now come at once: the race would end before."""
        if self._batches == len(self._plan.entries):
            return False
        self._entered += self._plan.entries[self._batches][0]
        self._batches += 1
        return True

    def take(self, course: Course) -> tuple[int, int] | None:
        """The next cell: of the undecided arm whose turn it is, or the baseline's before it."""
        if self._plan.cells is not None and course.cells >= self._plan.cells:
            return None
        settled = course.verdicts.keys() | course.dropped
        most = self._plan.max_seeds
        takes = [i for i in self._entered if i not in settled and self._begun[1 + i] < most]
        if not takes:
            return None
        row = 1 + min(takes, key=self._key)
        row = 0 if self._begun[0] <= self._begun[row] else row
        self._begun[row] += 1
        course.cells += 1
        return row, self._begun[row] - 1

    def _key(self, number: int) -> tuple[int, int, int]:
        begun, pairs = self._begun[1 + number], self.pairs[number]
        if self._plan.in_turn or begun < FIRST or pairs < 2:
            return 0, begun, number
        # Seeds that are being run count as had, so that two workers take two arms.
        return 1, self._arms[number].needed[pairs - 1] + begun - pairs, begun

    def finish(self, row: int, seed: int) -> list[int]:
        """Note that a cell ended; the batches that have more pairs for it."""
        self._ended[row].add(seed)
        while self._prefix[row] in self._ended[row]:
            self._prefix[row] += 1
        touched = set()
        for number in self._entered if row == 0 else [row - 1]:
            seeds = min(self._prefix[0], self._prefix[1 + number])
            pairs = self._arms[number].pairs[seeds - 1] if seeds else 0
            if pairs > self.pairs[number]:
                self.pairs[number] = pairs
                touched.add(self._batch_of[number])
        return sorted(touched)
