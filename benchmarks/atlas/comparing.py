"""What the contributions say of each arm: the project's own verdicts, from stored bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from benchmarks.atlas.contribution import Contribution
from benchmarks.atlas.places import BASELINE, PLACES, Place, arms, arms_at, kind_of

from augury.stats import Comparison, Pair, judge, round_up

FEWEST_ARMS = 3
"""Of a rank correlation."""


@dataclass(frozen=True)
class Column:
    """What one contribution, or none, says at a place.

    title: for a table's head; found: by arm, without those that were not run.
    """

    place: Place
    title: str
    contribution: Contribution | None
    found: Mapping[str, Comparison]


def pair_of(contribution: Contribution, arm: str) -> Pair:
    """An arm and the baseline over the seeds that both have."""
    ours, theirs = contribution.correct[arm], contribution.correct[BASELINE]
    seeds = sorted(ours.keys() & theirs.keys())
    shape = len(seeds), contribution.runs[0].images
    correct = np.array([ours[seed] for seed in seeds]).reshape(shape)
    baseline = np.array([theirs[seed] for seed in seeds]).reshape(shape)
    return Pair(
        seeds=tuple(seeds),
        accuracy=correct.mean(axis=1),
        baseline_accuracy=baseline.mean(axis=1),
        correct=correct,
        baseline_correct=baseline,
    )


def compare(contribution: Contribution) -> dict[str, Comparison]:
    """Each arm with at least one pair, by name; all of them together are one family of tests."""
    pairs = {arm: pair_of(contribution, arm) for arm in contribution.correct if arm != BASELINE}
    pairs = {arm: pair for arm, pair in pairs.items() if pair.seeds}
    judged = judge(list(pairs.values()), contribution.rule, list(pairs))
    return dict(zip(pairs, judged, strict=True))


def columns(contributions: Sequence[Contribution]) -> list[Column]:
    """A column for each contribution, and for each place that has none."""
    found = []
    for place in PLACES.values():
        here = [one for one in contributions if one.place == place.name]
        for one in here:
            machine = f" ({one.machine})" if len(here) > 1 else ""
            found.append(Column(place, f"{one.title}, {place.regime}{machine}", one, compare(one)))
        if not here:
            found.append(Column(place, f"{place.source.title}, {place.regime}", None, {}))
    return found


def why_missing(column: Column, arm: str) -> str:
    """What stands in the place of a comparison that there is not."""
    return "not run" if arm in arms_at(column.place) else "cannot apply"


def cell_words(column: Column, arm: str) -> str:
    """A comparison in a table's cell: difference, interval, seeds and verdict."""
    one = column.found.get(arm)
    if one is None:
        return why_missing(column, arm)
    size = "–" if one.difference is None else signed(one.difference)
    within = f" ({span(one.interval)})" if one.interval else ""
    seeds = f"{len(one.seeds)} seed" + "s" * (len(one.seeds) != 1)
    seen = f" (≥ {round_up(one.detectable)} would be seen)" if _tells_seen(one) else ""
    return f"{size}{within}; {seeds}; {one.verdict}{seen}"


def _tells_seen(one: Comparison) -> bool:
    return one.verdict == "not shown" and one.detectable is not None


def everywhere(table: Sequence[Column], verdict: Literal["helps", "hurts"]) -> list[str]:
    """The arms with this verdict wherever they were judged."""
    return [arm for arm in _compared(table) if set(_verdicts(table, arm)) == {verdict}]


def nowhere(table: Sequence[Column], verdict: Literal["helps", "hurts"]) -> list[str]:
    """The arms that were judged, and had this verdict at no place."""
    return [arm for arm in _compared(table) if verdict not in _verdicts(table, arm)]


def kinds() -> dict[str, list[str]]:
    """The arms of each kind of method."""
    found: dict[str, list[str]] = {}
    for arm in arms():
        if arm != BASELINE:
            found.setdefault(kind_of(arm), []).append(arm)
    return found


def kind_mean(column: Column, names: Sequence[str]) -> float | None:
    """The mean difference over those of some arms that were run, points; None if none was."""
    values = [d for arm in names if (d := difference(column, arm)) is not None]
    return float(np.mean(values)) if values else None


def rank_correlation(first: Column, second: Column) -> float | None:
    """Spearman's ρ of the differences over the arms that both have; None where none is known."""
    shared = [
        (a, b)
        for arm in first.found
        if (a := difference(first, arm)) is not None and (b := difference(second, arm)) is not None
    ]
    if len(shared) < FEWEST_ARMS or any(np.ptp(side) == 0 for side in zip(*shared, strict=True)):
        return None
    return float(scipy.stats.spearmanr(shared).statistic)


def difference(column: Column, arm: str) -> float | None:
    """Mean difference of an arm to the baseline, points; None where it was not run."""
    one = column.found.get(arm)
    return one.difference if one else None


def span(interval: tuple[float, float]) -> str:
    """For instance +0.40 to +2.00."""
    low, high = interval
    return f"{signed(low)} to {signed(high)}"


def signed(points: float) -> str:
    """For instance +1.20 or −0.31."""
    return f"{points:+z.2f}".replace("-", "−")


def _verdicts(table: Sequence[Column], arm: str) -> list[str]:
    """Of an arm, wherever there are seeds enough for one."""
    found = [column.found[arm].verdict for column in table if arm in column.found]
    return [verdict for verdict in found if verdict != "cannot say"]


def _compared(table: Sequence[Column]) -> list[str]:
    return [arm for arm in arms() if _verdicts(table, arm)]
