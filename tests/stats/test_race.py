import math
from dataclasses import replace

import numpy as np
import pytest

from augury.stats import Rule, anytime_p, confidence_sequence, holm, race_state

RULE = Rule(design="race", min_difference=0.2)
STRONG = np.array([0.9, 1.1, 1.0, 0.8, 1.2, 1.05, 0.95, 1.0, 0.9, 1.1])


def random_arms(rng, arms=5, seeds=14):
    effects = rng.choice([0.0, 0.3, 0.8], arms)
    return {f"arm{i}": rng.normal(effects[i], 0.3, seeds) for i in range(arms)}


def by_hand(values, rule, alpha, size):
    """What each arm of one batch says, by Holm's correction as `holm` makes it, pair after pair."""
    last = {arm: anytime_p(x, 0, rule.mixing)[-1] for arm, x in values.items()}
    said = {}
    for arm, x in values.items():
        level = alpha / size
        for n in range(3, len(x) + 1):
            p = {**last, arm: anytime_p(x[:n], 0, rule.mixing)[-1]}
            adjusted = holm([p[a] for a in values] + [1.0] * (size - len(p)))
            mean = x[:n].mean()
            if adjusted[list(values).index(arm)] < alpha and abs(mean) >= rule.min_difference:
                said[arm] = ("helps" if mean > 0 else "hurts", n)
                break
            low, high = confidence_sequence(x[:n], level, rule.mixing)[-1]
            if -rule.min_difference < low and high < rule.min_difference:
                said[arm] = ("no difference", n)
                break
        else:
            said[arm] = ("not decided", None)
    return said


@pytest.mark.parametrize("seed", range(4))
def test_what_arms_say_is_holm_and_the_confidence_sequence(seed):
    values = random_arms(np.random.default_rng(seed))
    rule = replace(RULE, min_difference=0.25)
    planned = {**{arm: arm for arm in values}, "later": "later"}
    states = race_state(values, rule, planned)
    expected = by_hand(values, rule, 0.04, 6)
    assert {arm: (s.says, s.decided_after) for arm, s in states.items()} == expected


def test_comparisons_without_runs_count():
    values = {"flip": STRONG[:5]}
    p = anytime_p(STRONG[:5], 0, RULE.mixing)[-1]
    # Just enough for one of two comparisons, and so too little for one of three.
    rule = replace(RULE, alpha=1.1 * 2 * p / 0.8, power=0.9)
    two, three = ({name: name for name in ("flip", "crop", "cutout")[:n]} for n in (2, 3))
    assert race_state(values, rule, two)["flip"].says == "helps"
    assert race_state(values, rule, three)["flip"].says == "not decided"
    # A batch counts as it was planned, even where its other arms have left the study.
    named = replace(rule, batches=(("flip", "crop", "cutout"),))
    assert race_state(values, named, two)["flip"].says == "not decided"


def test_a_later_batch_has_its_own_level():
    p = anytime_p(STRONG[:5], 0, RULE.mixing)[-1]
    batches = (("flip",), ("crop",))
    for share, says in ((0.9, "not decided"), (1.1, "helps")):
        rule = replace(RULE, alpha=share * p / 0.16, power=0.99, batches=batches)
        values = {"crop": STRONG[:5]}
        assert race_state(values, rule, {"flip": "flip", "crop": "crop"})["crop"].says == says


def test_more_seeds_take_nothing_back():
    rng = np.random.default_rng(7)
    for _ in range(20):
        values = random_arms(rng, seeds=30)
        planned = {arm: arm for arm in values}
        before = {}
        for n in (4, 8, 15, 30):
            now = race_state({arm: x[:n] for arm, x in values.items()}, RULE, planned)
            for arm, state in before.items():
                if state.decided_after:
                    assert now[arm].says == state.says
                    assert now[arm].decided_after <= state.decided_after
            before = now


def test_images_are_needed_for_claims_only():
    rng = np.random.default_rng(1)
    values = {"a": STRONG, "b": -STRONG, "c": rng.normal(0, 0.05, 20), "d": rng.normal(0, 9, 4)}
    states = race_state(values, RULE, {arm: arm for arm in values})
    says = {arm: state.says for arm, state in states.items()}
    assert says == {"a": "helps", "b": "hurts", "c": "no difference", "d": "not decided"}
    assert [state.needs_images for state in states.values()] == [True, True, False, False]
    assert states["d"].sequence == (-math.inf, math.inf)


def test_two_pairs_and_equal_differences_decide_nothing():
    # Nearly equal differences are as clear as two can be, and still not enough.
    rule = replace(RULE, mixing=1e-6)
    values = {"two": STRONG[:2], "equal": np.full(12, 0.5)}
    for state in race_state(values, rule, {arm: arm for arm in values}).values():
        assert (state.says, state.decided_after) == ("not decided", None)


def test_another_arms_rejection_does_not_take_back_that_a_difference_is_too_small():
    rule = Rule(design="race", min_difference=0.5)
    # Five pairs ahead by 0.55, p between alpha / 2 and alpha; then many around 0.3.
    first = 0.55 + 0.18 * np.array([-1.0, 1.0, -1.0, 1.0, 0.0])
    values = np.concatenate([first, 0.28 + 0.2 * np.resize([-1.0, 1.0], 60)])
    clear = 5 + 0.1 * np.resize([-1.0, 1.0], 12)
    planned = {"a": "a", "b": "b"}
    alone = race_state({"a": values}, rule, planned)["a"]
    beside = race_state({"a": values, "b": clear}, rule, planned)
    assert beside["b"].says == "helps"
    p = anytime_p(values, 0.0, rule.mixing)[4]
    assert 0.8 * rule.alpha / 2 < p < 0.8 * rule.alpha  # so that Holm alone would let it pass
    assert alone == beside["a"]
    assert alone.says == "no difference"
