"""What the contributions say of each arm: the project's own verdicts, from stored bits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from benchmarks.atlas.contribution import Contribution
from benchmarks.atlas.places import BASELINE, PLACES, Place, arms, arms_at, kind_of

from augury.stats import Comparison, Pair, Verdict, benjamini_hochberg, judge, round_up

Outcome = Verdict | Literal["likely helps", "likely hurts"]
CHANCE_FINDINGS = 0.05
"""Of those at a place that likely help or hurt, the share that is chance, on average at most."""


@dataclass(frozen=True)
class Column:
    """What one contribution, or none, says at a place.

    title: for a table's head; found: by arm, without those that were not run; likely: of arms
    without a verdict of their own, see `likely_outcomes`.
    """

    place: Place
    title: str
    contribution: Contribution | None
    found: Mapping[str, Comparison]
    likely: Mapping[str, Outcome] = field(default_factory=dict)

    @property
    def recipe(self) -> Mapping[str, Any]:
        """How the networks were trained, or would be where there is no contribution."""
        one = self.contribution
        return one.settings["recipe"] if one else self.place.recipe

    @property
    def trained_on(self) -> str:
        """The number of training images, for instance "4,000"; "all" before anything has run."""
        one = self.contribution
        images = one.settings["train_images"] if one else self.recipe.get("train_limit")
        return f"{images:,}" if images else "all"

    def still_learning(self, arm: str) -> bool:
        """Whether more epochs would change what the networks of an arm have learned."""
        told = self.contribution.trained.get(arm) if self.contribution else None
        return bool(told and told.still_learning)

    def outcome(self, arm: str) -> Outcome | None:
        """The verdict, or what is likely where the verdict is that nothing is shown."""
        one = self.found.get(arm)
        return self.likely.get(arm, one.verdict) if one else None


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


def likely_outcomes(found: Mapping[str, Comparison], least: float) -> dict[str, Outcome]:
    """Arms of which nothing is shown, but which stand out by their false discovery rate.

    A verdict bounds the chance of any false one among some sixty arms, which six seeds seldom
    reach. This bounds the share of false ones only (Benjamini and Hochberg 1995, over the paired
    t tests of all arms). least: points, the smallest difference that matters.
    """
    tested = {arm: one for arm, one in found.items() if one.p_unadjusted is not None}
    rates = benjamini_hochberg([one.p_unadjusted for one in tested.values()])
    likely: dict[str, Outcome] = {}
    for (arm, one), rate in zip(tested.items(), rates, strict=True):
        size = one.difference or 0.0
        if one.verdict == "not shown" and rate <= CHANCE_FINDINGS and abs(size) >= least:
            likely[arm] = "likely helps" if size > 0 else "likely hurts"
    return likely


def columns(contributions: Sequence[Contribution]) -> list[Column]:
    """A column for each contribution, and for each place that has none."""
    found = []
    for place in PLACES.values():
        here = [one for one in contributions if one.place == place.name]
        for one in here:
            machine = f" ({one.machine})" if len(here) > 1 else ""
            title, compared = f"{one.title}, {place.regime}{machine}", compare(one)
            likely = likely_outcomes(compared, one.rule.min_difference)
            found.append(Column(place, title, one, compared, likely))
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
    return f"{size}{within}; {seeds}; {column.outcome(arm)}{seen}"


def _tells_seen(one: Comparison) -> bool:
    return one.verdict == "not shown" and one.detectable is not None


@dataclass(frozen=True)
class Tally:
    """At how many places an arm helps, hurts (each with likely ones), and was judged at all."""

    helps: int
    hurts: int
    judged: int


def tally(table: Sequence[Column], arm: str) -> Tally:
    """Count an arm's outcomes, wherever there are seeds enough for one."""
    found = [outcome for column in table if (outcome := column.outcome(arm)) is not None]
    judged = [outcome for outcome in found if outcome != "cannot say"]
    helps, hurts = (
        sum(outcome in (word, f"likely {word}") for outcome in judged)
        for word in ("helps", "hurts")
    )
    return Tally(helps, hurts, len(judged))


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


def known_differences(column: Column) -> dict[str, float]:
    """Mean difference of each arm that was run, points."""
    return {arm: d for arm in column.found if (d := difference(column, arm)) is not None}


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
