"""search.json: what a search among combinations has tried, chosen and tested so far."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from augury.inside import is_there
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count
from augury.stats.comparison import Interval, Verdict
from augury.stats.overstatement import overstatement

SCHEMA = 1


@dataclass(frozen=True)
class Tried:
    """What a race says of one arm: on validation images in a step, on test images in the end.

    difference, interval: percentage points against the step's base, the baseline in the end;
    deviation: of the paired differences, None where there are fewer than two; words: the verdict in
    a line.
    """

    augmentation: str
    verdict: Verdict
    words: str
    difference: float | None
    interval: Interval | None
    seeds: Count
    deviation: float | None = None


@dataclass(frozen=True)
class Step:
    """One race of a search that is over.

    folder: within the study's; base: what every arm is compared with; chosen: the arm that becomes
    the next base; added: the candidate that it has beyond the base. Both "" where none helps.
    """

    folder: str
    base: str
    tried: tuple[Tried, ...]
    chosen: str
    added: str


@dataclass(frozen=True)
class Search:
    """A search, finished or not.

    candidates: in the order in which they stand in combinations; baseline: what the search begins
    with; dataset, model: what it is made on; alone: whether the study's folder has no arms but
    those of the search; steps: those that are over; state: "going on", "nothing more helps", "all
    are in", or "budget", where the winner so far was tested as the budget ended; test: of the
    winner against the baseline, by seeds of its own; test_folder: of that race, "" before it began.
    """

    candidates: tuple[str, ...]
    baseline: str
    dataset: str
    model: str
    alone: bool
    steps: tuple[Step, ...] = ()
    state: Literal["going on", "nothing more helps", "all are in", "budget"] = "going on"
    test: Tried | None = None
    test_folder: str = ""

    @property
    def winner(self) -> str:
        """What the last step that found anything has chosen; "" while there is nothing."""
        return next((step.chosen for step in reversed(self.steps) if step.chosen), "")

    @property
    def ended(self) -> bool:
        """Whether no step is left."""
        return self.state in ("nothing more helps", "all are in")

    @property
    def untested(self) -> bool:
        """Whether there is a winner that test images have said nothing of yet."""
        return bool(self.winner) and (self.test is None or self.test.augmentation != self.winner)

    @property
    def gain(self) -> float | None:
        """The winner's difference to the baseline on validation images, points: its steps' sum."""
        found = [each.difference for each in self.chosen if each.difference is not None]
        return sum(found) if found else None

    @property
    def chosen(self) -> list[Tried]:
        """What each step says of the arm that it has chosen."""
        return [
            tried
            for step in self.steps
            for tried in step.tried
            if tried.augmentation == step.chosen
        ]

    @property
    def overstated(self) -> float | None:
        """By how much searches like this one overstate their winner, points: see `overstatement`.

        None where there is no winner, or a deviation is not known.
        """
        found = [overstatement(t.difference, t.deviation) for t in self.chosen]
        known = [points for points in found if points is not None]
        return sum(known) if known and len(known) == len(found) else None


def search_file(study: Path) -> Path:
    """The file of a study's search."""
    return study / "search" / "search.json"


def read_search(study: Path) -> Search | None:
    """The search of the study in a folder, None if there is none; InputError if damaged."""
    path = search_file(study)
    if not is_there(path):
        return None
    values = read_json(path)
    known_schema(values, (SCHEMA,), path)
    return record_from(Search, values, path)


def write_search(study: Path, search: Search) -> None:
    """Write atomically, with a checksum."""
    write_json(search_file(study), {"schema": SCHEMA, **to_values(search)})
