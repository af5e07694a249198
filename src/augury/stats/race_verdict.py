"""The verdicts of a race: what the seeds say, once the test images agree.

An arm is decided after the first number of pairs at which one of these holds:
- its anytime p is small enough for Holm's correction, its mean difference is one that matters, and
  the two-way interval leaves 0 out: it helps or hurts;
- the same without the two-way interval, whose 0 is within reach of the test images alone, however
  many seeds there are: more test images would tell, more seeds would not;
- its confidence sequence lies within ± min_difference: no difference that matters.
More pairs than those never take that back.

A race on validation images asks for no two-way interval: each seed draws its own of them.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from augury.stats.comparison import (
    Comparison,
    ImagesAt,
    Interval,
    RaceEvidence,
    Tested,
    Verdict,
    Weighed,
)
from augury.stats.e_process import anytime_p, batch_alphas, confidence_sequence, largest_e_value
from augury.stats.holm import holm
from augury.stats.over_groups import groups_reach, groups_sequence
from augury.stats.over_images import has_predictions, image_gains, images_interval
from augury.stats.pair import Pair
from augury.stats.paired import probability_of_improvement
from augury.stats.points import to_points
from augury.stats.race import (
    FEWEST_PAIRS,
    Steps,
    Terms,
    latest_p,
    matters,
    pairs_when_decided,
    steps,
    terms,
)
from augury.stats.rule import Rule

_SURE = 1e-4
"""Share of alpha at which p is small enough for any number of comparisons."""

_MOST = 100.0
_ANYTHING = -_MOST, _MOST
"""Points, the interval over groups where too few have been tested."""


class _Decision(NamedTuple):
    """after: pairs."""

    what: Literal["helps", "hurts", "no difference", "images"]
    after: int


def race_evidence(pair: Pair, rule: Rule) -> RaceEvidence | None:
    """What decides about a pair; None where its runs must not be compared or lack predictions.

    The test images are looked at only at numbers of pairs where the accuracies might decide, up to
    where they do so for any number of comparisons, since each look is a bootstrap.
    """
    differences = pair.differences
    by_seeds = rule.part == "validation"
    lacking = not by_seeds and not has_predictions(pair, rule.metric)
    if pair.obstacle or lacking or not len(differences) or not np.isfinite(differences).all():
        return None
    if by_seeds:
        return RaceEvidence(tuple(differences.tolist()), 0, (), "validation images")
    p = anytime_p(differences, 0.0, rule.mixing)
    means = differences.cumsum() / np.arange(1, len(differences) + 1)
    possible = (p <= batch_alphas(rule.alpha, 1)[0]) & matters(means, rule)
    looks: list[ImagesAt] = []
    for n in (np.flatnonzero(possible) + 1).tolist():
        if n >= FEWEST_PAIRS:
            looks.append(_look(pair, n, rule))
            if (
                p[n - 1] <= _SURE * rule.alpha
                and _images_say(looks[-1], means[n - 1], rule) != "more seeds"
            ):
                break
    if len(differences) >= FEWEST_PAIRS and not (looks and looks[-1].seeds == len(differences)):
        looks.append(_look(pair, len(differences), rule))
    tested: Tested = "test images" if pair.turns is None else "groups"
    return RaceEvidence(tuple(differences.tolist()), _images(pair), tuple(looks), tested)


def decide_race(
    weighed: Sequence[Weighed], rule: Rule, arms: Sequence[str] = (), waiting: Sequence[str] = ()
) -> list[Comparison]:
    """The verdict on each pair; arms, waiting: as for `judge`."""
    arms = arms or [""] * len(weighed)
    if len(arms) != len(weighed):
        raise ValueError(f"arms: one a pair is needed, got {len(arms)} for {len(weighed)} pairs")
    so_far = [_p_so_far(one, rule) for one in weighed] + [_p_so_far(None, rule)] * len(waiting)
    names, p = [*arms, *waiting], [latest_p(each) for each in so_far]
    at = terms(p, names, rule)
    adjusted = _adjusted(p, at, rule)

    def had(own: int) -> Callable[[int, Steps], int]:
        return lambda first, of: pairs_when_decided(first, of, own, so_far, names, rule)

    return [
        untested(one)
        if one.obstacle or one.race is None
        else _judged(one, one.race, at[i], adjusted[i], rule, had(i))
        for i, one in enumerate(weighed)
    ]


def untested(pair: Weighed) -> Comparison:
    """The comparison that an obstacle prevents."""
    return Comparison(
        seeds=pair.seeds,
        accuracy=pair.accuracy,
        baseline_accuracy=pair.baseline_accuracy,
        difference=pair.difference,
        verdict="cannot say",
        words=f"cannot say: {pair.obstacle}",
    )


def _judged(
    pair: Weighed,
    race: RaceEvidence,
    at: Terms,
    p: float,
    rule: Rule,
    had: Callable[[int, Steps], int],
) -> Comparison:
    """had: how many pairs the arm had when a difference was shown, by the first that do."""
    differences = np.array(race.differences)
    found = steps(differences, at, rule)
    decision = _decision(found, race.looks, rule)
    if decision and decision.what != "no difference":
        decision = decision._replace(after=had(decision.after, found))
    own = confidence_sequence(differences, 1 - rule.confidence, rule.mixing)[-1]
    interval = _finite(own)
    last = race.looks[-1].interval if race.looks else None
    verdict, words = _said(pair, race, decision, interval, _finite(found.sequence[-1]))
    return Comparison(
        seeds=pair.seeds,
        accuracy=pair.accuracy,
        baseline_accuracy=pair.baseline_accuracy,
        difference=pair.difference,
        interval=interval,
        p=p,
        p_unadjusted=float(found.p[-1]),
        probability_of_improvement=probability_of_improvement(differences),
        two_way_interval=last,
        decided=decision is not None,
        verdict=verdict,
        words=words,
        e_value=float(largest_e_value(differences, 0.0, rule.mixing)[-1]),
        sequence=_finite(found.sequence[-1]),
        decided_after=decision and decision.after,
    )


def _decision(found: Steps, looks: Sequence[ImagesAt], rule: Rule) -> _Decision | None:
    """The first number of pairs that decides, None where none does yet."""
    for n in (np.flatnonzero(found.shown | found.small) + 1).tolist():
        if found.shown[n - 1]:
            mean = float(found.means[n - 1])
            if rule.part == "validation":
                return _Decision("helps" if mean > 0 else "hurts", n)
            latest = [look for look in looks if look.seeds <= n][-1]
            images = _images_say(latest, mean, rule)
            if images == "agree":
                return _Decision("helps" if mean > 0 else "hurts", n)
            if images == "too few":
                return _Decision("images", n)
        if found.small[n - 1]:
            return _Decision("no difference", n)
    return None


def _said(
    pair: Weighed,
    race: RaceEvidence,
    decision: _Decision | None,
    interval: Interval | None,
    sequence: Interval | None,
) -> tuple[Verdict, str]:
    mean = pair.difference or 0.0
    if decision is None:
        return "not decided", _open_words(race, interval)
    after = f"; decided after {decision.after} seeds"
    if decision.what in ("helps", "hurts"):
        size = f"{abs(mean):.2f} points"
        # An interval of more confidence than the verdict asks for may hold 0.
        if interval and interval[0] * interval[1] > 0:
            near, far = sorted(map(abs, interval))
            size = f"{abs(mean):.2f}, between {near:.2f} and {far:.2f} points"
        return decision.what, f"{decision.what} by {size}{after}"
    if decision.what == "no difference" and sequence:
        span = f"between {_signed(sequence[0])} and {_signed(sequence[1])} points"
        words = f"no difference that matters: {span} on these {race.tested}{after}"
        return "no difference", words
    which = "better" if mean > 0 else "worse"
    these, others = f"{race.images:,} {race.tested}", race.tested.removeprefix("test ")
    return "not decided", (
        f"not decided: {which} on these {these}, but other {others} could say "
        f"otherwise; more {race.tested} would tell, more seeds would not"
    )


def _open_words(race: RaceEvidence, interval: Interval | None) -> str:
    seeds = len(race.differences)
    if interval is None:
        say = "1 seed says" if seeds == 1 else f"{seeds} seeds say"
        return f"not decided yet: {say} nothing yet"
    # Where it is the test images that leave it open, their interval is the wider one.
    ends = [*interval, *(race.looks[-1].interval if race.looks else interval)]
    span = f"from {_signed(min(ends))} to {_signed(max(ends))} points"
    return f"not decided yet: it could be anything {span}"


def _images_say(
    look: ImagesAt, mean: float, rule: Rule
) -> Literal["agree", "too few", "more seeds"]:
    """Whether the test images bear out a difference that the seeds have shown.

    "too few": they would not with endless seeds either; "more seeds": they could.
    """
    nearest = look.interval[0] if mean > 0 else -look.interval[1]
    if nearest > 0:
        return "agree"
    return "too few" if abs(mean) <= look.reach else "more seeds"


def _look(pair: Pair, seeds: int, rule: Rule) -> ImagesAt:
    first = pair.first(seeds)
    if first.turns is not None:
        of = first.differences, first.turns, 1 - rule.confidence, rule.mixing
        return ImagesAt(seeds, groups_sequence(*of) or _ANYTHING, min(groups_reach(*of), _MOST))
    low, high = images_interval(first, rule.metric, rule.confidence, rule.replicates, rule.seed)
    gains = image_gains(first, rule.metric)
    # Each image's mean over S seeds varies by what S seeds leave of its luck, too, which more seeds
    # would take away.
    own = gains.mean(axis=0).var() - gains.var(axis=0, ddof=1).mean() / seeds
    error = float(np.sqrt(max(own, 0.0) / gains.shape[1]))
    reach = float(scipy.special.ndtri((1 + rule.confidence) / 2)) * to_points(error)
    return ImagesAt(seeds, (to_points(low), to_points(high)), reach)


def _images(pair: Pair) -> int:
    """How many test images, or turns of groups."""
    if pair.turns is not None:
        return len(set(pair.turns))
    if pair.correct is not None:
        return int(pair.correct.shape[1])
    return len(pair.calls.labels) if pair.calls else 0


def _p_so_far(pair: Weighed | None, rule: Rule) -> NDArray[np.float64]:
    """(S,): the anytime p after each seed; empty where nothing may be compared."""
    if pair is None or pair.obstacle or pair.race is None or not pair.race.differences:
        return np.empty(0)
    return anytime_p(np.array(pair.race.differences), 0.0, rule.mixing)


def _adjusted(p: Sequence[float], at: Sequence[Terms], rule: Rule) -> list[float]:
    """Holm-adjusted within each batch and scaled, so that all batches are compared with alpha."""
    found = list(p)
    for alpha, size in {(each.alpha, each.size) for each in at}:
        places = [i for i, each in enumerate(at) if each.alpha == alpha]
        batch = [p[i] for i in places] + [1.0] * (size - len(places))
        for i, one in zip(places, holm(batch).tolist(), strict=False):
            found[i] = min(1.0, one * rule.alpha / alpha)
    return found


def _finite(interval: NDArray[np.float64]) -> Interval | None:
    low, high = interval.tolist()
    return (low, high) if np.isfinite(interval).all() else None


def _signed(points: float) -> str:
    return f"{points:+z.2f}".replace("-", "−")
