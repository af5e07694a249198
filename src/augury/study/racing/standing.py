"""Where a race stands: which arms are decided, and which the budget would hardly decide."""

from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from augury.stats import ArmState, Rule, race_state
from augury.stats.race import terms
from augury.study.cell_states import FIRST_SEEDS
from augury.study.judging.pairs import Arm
from augury.study.racing.outlook import could_be_decided, seeds_until_decided
from augury.study.racing.prefix import Prefix

_FIRST = 5
"""Pairs that every arm gets before the order in which they get more looks at results."""
_TRIED = 6
"""No arm is given up as hopeless before it has so many pairs."""


@dataclass(frozen=True)
class Standing:
    """The arms of a race, by what is known of each.

    seen: the pairs of each arm; states: what they say, of arms with three or more; decided: those
    that need no more seeds; hopeless: those that `max_seeds` would hardly decide, which get none
    either; unusable: those with a run that has no accuracy; idle: those that are not asked for now;
    beaten: in a step of a search, those that can hardly help, or be the best one, any more.
    """

    seen: Mapping[Arm, Prefix]
    states: Mapping[Arm, ArmState]
    decided: Set[Arm]
    hopeless: Set[Arm]
    unusable: Set[Arm]
    idle: Set[Arm]
    beaten: Set[Arm] = frozenset()

    @cached_property
    def settled(self) -> Set[Arm]:
        """The arms that get no more seeds."""
        return self.decided | self.hopeless | self.unusable | self.idle | self.beaten

    @property
    def open(self) -> list[Arm]:
        """The arms that are still racing."""
        return [arm for arm in self.seen if arm not in self.settled]


def look(
    seen: Mapping[Arm, Prefix],
    rule: Rule,
    max_seeds: int,
    idle: Set[Arm] = frozenset(),
    agreed: Callable[[Set[Arm]], Collection[Arm]] = lambda claims: claims,
) -> Standing:
    """Look at all pairs so far. It depends on nothing but the runs, in the order of their seeds.

    seen: of each arm of the study; those with fewer than three pairs are not looked at. agreed:
    given the arms whose seeds show a difference, which of these the test images decide, too.
    """
    finite = {
        arm: each.differences
        for arm, each in seen.items()
        if len(each.seeds) >= FIRST_SEEDS and np.isfinite(each.differences).all()
    }
    states = race_state(finite, rule, {arm: arm[2] for arm in seen})
    claims = {arm for arm, state in states.items() if state.needs_images}
    decided = {arm for arm, state in states.items() if state.says == "no difference"}
    decided |= set(agreed(claims))
    unusable = {arm for arm, each in seen.items() if not np.isfinite(each.differences).all()}
    hopeless = {
        arm
        for arm, differences in finite.items()
        if arm not in decided
        and len(differences) >= _TRIED
        and not could_be_decided(differences, *_terms(rule, seen, arm), max_seeds)
    }
    beaten = _beaten(seen, states, decided, rule) if rule.part == "validation" else frozenset[Arm]()
    return Standing(seen, states, decided, hopeless, unusable, idle, beaten)


def _beaten(
    seen: Mapping[Arm, Prefix], states: Mapping[Arm, ArmState], decided: Set[Arm], rule: Rule
) -> Set[Arm]:
    """The open arms whose sequence ends below `min_difference`, or below an arm that helps.

    A search looks for the best one only, and not for what hurts; what it chooses is tested on its
    own in the end.
    """
    helping = [
        float(seen[arm].differences.mean()) for arm in decided if states[arm].says == "helps"
    ]
    bar = max([rule.min_difference, *helping])
    return {arm for arm, state in states.items() if arm not in decided and state.sequence[1] < bar}


def seeds_expected(
    standing: Standing, rule: Rule, arms: Iterable[Arm], max_seeds: int
) -> dict[Arm, int | None]:
    """How many seeds each of `arms` will have when it is decided; None: more than `max_seeds`.

    Without those that have too few pairs to tell.
    """
    found = {}
    for arm in arms:
        differences = standing.seen[arm].differences
        if len(differences) >= FIRST_SEEDS:
            terms = _terms(rule, standing.seen, arm)
            found[arm] = seeds_until_decided(differences, *terms, max_seeds)
    return found


def order_by(standing: Standing, rule: Rule, max_seeds: int) -> dict[Arm, int]:
    """The seeds that each arm in the race will have when it is decided, to order them by.

    Without those that have fewer than five pairs, whose results so far say too little. An arm that
    twice `max_seeds` would not decide has twice that: it comes after all others.
    """
    known = [arm for arm in standing.open if len(standing.seen[arm].seeds) >= _FIRST]
    found = seeds_expected(standing, rule, known, 2 * max_seeds)
    return {arm: 2 * max_seeds if seeds is None else seeds for arm, seeds in found.items()}


def _terms(rule: Rule, arms: Collection[Arm], arm: Arm) -> tuple[float, float, float]:
    """Level, smallest difference and mixing at which `arm` is tested, at Holm's first step."""
    found = terms([1.0] * len(arms), [each[2] for each in arms], rule)
    return dict(zip(arms, found, strict=True))[arm].level, rule.min_difference, rule.mixing
