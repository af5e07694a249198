"""A look at a batch of arms: the rule of races, from what `paths_of` worked out before."""

from collections.abc import Sequence
from typing import NamedTuple

from augury.stats import Rule
from augury.stats.race import terms

from .paths import Paths


class Arm(NamedTuple):
    """A row of `Paths`, by the number of pairs; `pairs` by the number of seeds."""

    p: list[float]
    shown_p: list[float]
    signs: list[float]
    small: list[bool]
    needed: list[int]
    hopeless: list[bool]
    pairs: list[int]


def arms_of(paths: Paths, race: int) -> list[Arm]:
    columns = (getattr(paths, name)[race].tolist() for name in Arm._fields)
    return [Arm(*rows) for rows in zip(*columns, strict=True)]


def look(arms: Sequence[Arm], pairs: Sequence[int], rule: Rule) -> list[str]:
    """The verdict on each arm of a batch, "" while it is not decided.

    pairs: of each arm, so far; rule: whose alpha is the batch's. What a verdict asks of the test
    images is left out: it can only make claims rarer.
    """
    p = [arm.p[n - 1] if n else 1.0 for arm, n in zip(arms, pairs, strict=True)]
    # Holm rejects nothing while no p is under Bonferroni's level.
    claims = [False] * len(arms)
    if min(p) < rule.alpha / len(arms):
        at = terms(p, [""] * len(arms), rule)
        claims = [
            n > 0 and arm.shown_p[n - 1] < its.threshold
            for arm, n, its in zip(arms, pairs, at, strict=True)
        ]
    return [
        _verdict(arm, n, claim) if n else ""
        for arm, n, claim in zip(arms, pairs, claims, strict=True)
    ]


def _verdict(arm: Arm, pairs: int, claim: bool) -> str:
    if claim:
        return "helps" if arm.signs[pairs - 1] > 0 else "hurts"
    return "no difference" if arm.small[pairs - 1] else ""
