"""A race: many arms against one baseline, looked at after every seed, until each is decided.

What is said here follows from the accuracies of runs alone, arm by arm in the order of their seeds;
`augury.stats.race_verdict` adds the test images.

Arms come in batches: those that a study begins with, then those of each addition. A batch has its
own part of alpha (`batch_alphas`), and Holm's correction is made within it, over all its planned
comparisons, those without runs counted with p = 1. The p-values are anytime p-values, which never
rise, so that no later seed, of this arm or of another, takes a rejection back.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from augury.stats.e_process import anytime_p, batch_alphas, confidence_sequence
from augury.stats.rule import Rule

FEWEST_PAIRS = 3
"""Pairs of runs that an arm needs before anything is said about it."""

# Differences and thresholds are decimal fractions of points: 0.2 must reach 0.2.
_TOLERANCE = 1e-9

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Terms:
    """At what levels an arm is tested.

    alpha: of its batch; size: comparisons of the batch; threshold: under which Holm's correction
    rejects this arm's p, given those of the others.
    """

    alpha: float
    size: int
    threshold: float

    @property
    def level(self) -> float:
        """Bonferroni's, of the confidence sequence that decides "no difference that matters"."""
        return self.alpha / self.size


@dataclass(frozen=True, eq=False)
class Steps:
    """What the seeds of one arm say after each of S pairs.

    p: anytime p, unadjusted; means: of the differences, points; sequence: (S, 2), the confidence
    sequence at Bonferroni's level, points; shown: that there is a difference, and it is measured
    as one that matters; small: that the sequence lies within ± min_difference.
    """

    p: NDArray[np.float64]
    means: NDArray[np.float64]
    sequence: NDArray[np.float64]
    shown: NDArray[np.bool_]
    small: NDArray[np.bool_]


@dataclass(frozen=True)
class ArmState:
    """Where an arm stands by its runs' accuracies alone.

    says: what they show; "helps" and "hurts" stand only once the test images have been looked at,
    too (see `judge`). decided_after: the pairs that suffice by what is known now, None while they
    show nothing; sequence: as in `Comparison`, infinite at first.
    """

    says: Literal["helps", "hurts", "no difference", "not decided"]
    decided_after: int | None
    sequence: tuple[float, float]

    @property
    def needs_images(self) -> bool:
        """Whether the arm is decided unless the test images leave it open."""
        return self.says in ("helps", "hurts")


def race_state(
    differences: Mapping[Key, NDArray[np.float64]], rule: Rule, planned: Mapping[Key, str]
) -> dict[Key, ArmState]:
    """What the paired differences of each arm say.

    differences: (S,) percentage points by seed, finite, of the arms that have any; planned: the
    augmentation of every comparison of the study, with runs or without, which `rule.batches` names.
    """
    p = {arm: latest_p(anytime_p(values, 0.0, rule.mixing)) for arm, values in differences.items()}
    found = terms([p.get(arm, 1.0) for arm in planned], list(planned.values()), rule)
    at = dict(zip(planned, found, strict=True))
    return {arm: _state(steps(values, at[arm], rule)) for arm, values in differences.items()}


def terms(p: Sequence[float], names: Sequence[str], rule: Rule) -> list[Terms]:
    """The levels of each planned comparison.

    p: of each, its anytime p, 1 where nothing is known yet; names: of each, its augmentation.
    """
    batches = [_batch(name, rule) for name in names]
    alphas = batch_alphas(rule.alpha, max(batches, default=0) + 1)
    found = []
    for own, batch in enumerate(batches):
        others = [p[i] for i, its in enumerate(batches) if its == batch and i != own]
        named = len(rule.batches[batch]) if batch < len(rule.batches) else 0
        size = max(len(others) + 1, named)
        found.append(Terms(alphas[batch], size, _threshold(others, size, alphas[batch])))
    return found


def steps(differences: NDArray[np.float64], at: Terms, rule: Rule) -> Steps:
    """What (S,) differences, points, say after each pair."""
    p = anytime_p(differences, 0.0, rule.mixing)
    n = np.arange(1, len(differences) + 1)
    means = differences.cumsum() / n
    sequence = confidence_sequence(differences, at.level, rule.mixing)
    enough = n >= FEWEST_PAIRS
    small = enough & (np.abs(sequence) < rule.min_difference).all(axis=1)
    # Once the difference is known to be too small, the rejection of another arm, which raises this
    # one's threshold, does not take that back.
    threshold = at.level if small.any() else at.threshold
    shown = enough & (p < threshold) & matters(means, rule)
    return Steps(p=p, means=means, sequence=sequence, shown=shown, small=small)


def pairs_when_decided(
    first: int,
    of: Steps,
    own: int,
    p: Sequence[NDArray[np.float64]],
    names: Sequence[str],
    rule: Rule,
) -> int:
    """How many pairs an arm had when it was decided, whose first `first` suffice by what is known.

    Its threshold rises as other arms are rejected, so that fewer pairs than it had then would do
    now. What counts is the number at which it is decided by as many pairs of the others; where only
    later pairs of another arm did, all that it has. of: its steps; own: its place in p and names;
    p: (S,) of each planned comparison, its anytime p so far; names: of each, its augmentation.
    """
    for n in range(first, len(of.p)):
        at = terms([latest_p(each[:n]) for each in p], names, rule)[own]
        if of.p[n - 1] < at.threshold and matters(of.means[n - 1 : n], rule)[0]:
            return n
    return len(of.p)


def matters(means: NDArray[np.float64], rule: Rule) -> NDArray[np.bool_]:
    """Whether each mean difference is one that matters."""
    enough: NDArray[np.bool_] = np.abs(means) >= rule.min_difference - _TOLERANCE
    return enough


def _state(of: Steps) -> ArmState:
    low, high = of.sequence[-1].tolist()
    places = np.flatnonzero(of.shown | of.small)
    if not len(places):
        return ArmState("not decided", None, (low, high))
    first = int(places[0])
    if not of.shown[first]:
        return ArmState("no difference", first + 1, (low, high))
    return ArmState("helps" if of.means[first] > 0 else "hurts", first + 1, (low, high))


def latest_p(p: NDArray[np.float64]) -> float:
    """The last of an arm's anytime p, (S,), 1 where S pairs say nothing yet."""
    return float(p[-1]) if len(p) >= FEWEST_PAIRS else 1.0


def _batch(name: str, rule: Rule) -> int:
    """The number of the batch that names an augmentation; one more than all where none does."""
    if not rule.batches:
        return 0
    return next((i for i, batch in enumerate(rule.batches) if name in batch), len(rule.batches))


def _threshold(others: Sequence[float], size: int, alpha: float) -> float:
    """Under which p one of `size` comparisons is rejected by Holm, the others having `others`.

    If k of the others are rejected without it, it is tested at alpha / (size − k) at the latest.
    """
    rejected = 0
    for p in sorted(others):
        if not p < alpha / (size - rejected):
            break
        rejected += 1
    return alpha / (size - rejected)
