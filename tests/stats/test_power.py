import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from augury.stats import Pair, Rule, judge, nominal_level, rule_detectable, rule_power

# At so low a confidence nothing but the t test asks for much.
FREE = Rule(min_difference=0.0, min_probability=0.5, confidence=0.01)


def slow_power(difference, deviation, seeds, comparisons, rule, studies=2000, draws=99):
    """Condition by condition, in words of the rule; one study a row."""
    d = np.random.default_rng(draws).normal(difference, deviation, (studies, seeds))
    p = stats.ttest_1samp(d, 0, axis=1).pvalue * comparisons
    ahead = (d > 0).mean(axis=1)
    lowest = stats.binom.ppf((1 - rule.confidence) / 2, seeds, ahead) / seeds
    wide = stats.norm.ppf((1 + rule.confidence) / 2) * d.std(axis=1) / math.sqrt(seeds)
    found = (
        (p < rule.alpha)
        & (ahead >= rule.min_probability)
        & (lowest > 0.5)
        & (d.mean(axis=1) >= rule.min_difference)
        & (d.mean(axis=1) > wide)
    )
    return found.mean()


@pytest.mark.parametrize(
    ("difference", "seeds", "comparisons", "rule"),
    [
        (0.8, 6, 1, Rule()),
        (0.5, 10, 3, Rule()),
        (0.4, 20, 8, Rule()),
        (0.5, 12, 1, Rule(min_difference=0.6)),
        (0.4, 15, 2, Rule(min_probability=0.9)),
    ],
)
def test_power_equals_that_of_the_rule_spelled_out(difference, seeds, comparisons, rule):
    expected = slow_power(difference, 0.5, seeds, comparisons, rule)
    # Standard errors: at most 0.011 of the reference and 0.0036 of the function.
    assert rule_power(difference, 0.5, seeds, comparisons, rule) == pytest.approx(
        expected, abs=0.04
    )


def test_with_six_seeds_all_must_agree():
    # However small p is: (1 - Φ(-δ/σ))^6 bounds the power.
    for difference in (0.3, 0.6, 1.2):
        bound = stats.norm.cdf(difference / 0.5) ** 6
        assert rule_power(difference, 0.5, 6) <= bound + 0.012


def test_without_the_other_conditions_it_is_the_power_of_the_t_test():
    # R: power.t.test(n = 20, delta = 1, sd = 1.5, type = "paired") has power 0.8073 (noncentral t).
    expected = stats.nct.sf(stats.t.isf(0.025, 19), 19, math.sqrt(20) / 1.5)
    assert rule_power(1.0, 1.5, 20, rule=FREE) == pytest.approx(expected, abs=0.02)


def test_judge_finds_a_planted_effect_at_the_predicted_rate():
    # Runs whose test images are so many that their choice adds next to nothing.
    rng = np.random.default_rng(8)
    rule, seeds, images, studies = Rule(replicates=300), 8, 2000, 400
    expected = rule_power(0.7, 0.5, seeds, rule=rule)
    assert 0.6 < expected < 0.95
    found = 0
    for _ in range(studies):
        wins = np.rint(rng.normal(0.7, 0.5, seeds) / 100 * images).astype(int)
        baseline = np.tile(np.arange(images) < 1000, (seeds, 1))
        arm = np.arange(images) < 1000 + wins[:, None]
        pair = Pair(tuple(range(seeds)), arm.mean(1), baseline.mean(1), arm, baseline)
        found += judge([pair], rule)[0].verdict == "helps"
    error = math.sqrt(expected * (1 - expected) / studies)
    assert found / studies == pytest.approx(expected, abs=4 * error)


def test_the_detectable_difference_has_the_power():
    for seeds, comparisons, image_error in ((6, 1, 0.0), (10, 3, 0.1), (20, 8, 0.3)):
        found = rule_detectable(0.5, seeds, comparisons, image_error=image_error)
        arguments = (0.5, seeds, comparisons, Rule(), image_error)
        assert rule_power(found, *arguments) >= 0.8
        assert rule_power(found - 0.01, *arguments) < 0.8


def test_what_makes_a_difference_harder_to_see():
    base = rule_detectable(0.5, 12)
    assert rule_detectable(0.6, 12) > base
    assert rule_detectable(0.5, 12, 5) > base
    assert rule_detectable(0.5, 12, image_error=0.4) > base
    assert rule_detectable(0.5, 12, rule=Rule(looks=(6, 8, 10, 12))) > base
    assert rule_detectable(0.5, 24) < base
    assert rule_detectable(0.5, 12, rule=Rule(min_difference=2.0)) > 2.0


def test_images_count_like_a_second_spread():
    # With almost no spread between seeds, only the images are left: z·e must be passed.
    found = rule_detectable(1e-6, 10, image_error=0.2, rule=Rule(min_difference=0.0))
    assert found == pytest.approx(stats.norm.ppf(0.975) * 0.2, abs=1e-4)


def test_too_few_seeds_never_find_anything():
    assert rule_power(50.0, 0.5, 5) == 0.0
    assert rule_detectable(0.5, 5) is None
    # Of four seeds all ahead, the bootstrap's bound is 1; of three it is, too: the number rules.
    assert rule_power(50.0, 0.5, 4, rule=replace(Rule(), min_seeds=4)) == 1.0


def test_more_than_all_points_are_not_promised():
    assert rule_detectable(80.0, 6) is None


def test_several_looks_ask_for_the_nominal_level():
    looks = (6, 12)
    level = nominal_level(0.05, looks)
    rule = replace(FREE, looks=looks)
    expected = stats.nct.sf(stats.t.isf(level / 2, 11), 11, math.sqrt(12) * 0.5 / 0.5)
    assert rule_power(0.5, 0.5, 12, rule=rule) == pytest.approx(expected, abs=0.02)


def found_by_thirds(seeds, studies=450):
    """Of fresh studies with the difference that a study names, the share that finds it.

    A mean for each third of the studies, by the difference that they name. Every study has a true
    deviation of 0.5 points, measures its own, and names a difference as `judge` does.
    """
    rng = np.random.default_rng(seeds)
    measured = np.sort(rng.normal(0, 0.5, (studies, seeds)).std(axis=1, ddof=1))
    named = [rule_detectable(s, seeds, freedom=seeds - 1) for s in measured]
    fresh = [
        slow_power(points, 0.5, seeds, 1, Rule(), 50, draws=i) for i, points in enumerate(named)
    ]
    return [float(third.mean()) for third in np.array_split(fresh, 3)]


@pytest.mark.parametrize("seeds", [6, 10, 20])
def test_the_promise_is_kept_by_every_third_of_the_studies(seeds):
    # 150 studies a third with 50 fresh ones each: a standard error of 1.6 points.
    thirds = found_by_thirds(seeds)
    assert thirds[0] == pytest.approx(0.8, abs=0.06)
    assert min(thirds[1:]) > 0.87


def test_with_many_degrees_of_freedom_an_estimate_is_as_good_as_the_truth():
    known = rule_detectable(0.5, 12)
    assert rule_detectable(0.5, 12, freedom=10**6) == pytest.approx(known, rel=0.01)
    few, more = (rule_detectable(0.5, 12, freedom=freedom) for freedom in (3, 11))
    assert few > more > known


@pytest.mark.parametrize(
    "arguments", [(1, 0, 6), (1, 0.5, 1), (1, 0.5, 6, 0), (1, 0.5, 6, 1, None, -1)]
)
def test_values_out_of_range_are_refused(arguments):
    with pytest.raises(ValueError, match="are needed, got"):
        rule_power(*arguments)


def test_no_freedom_is_refused():
    with pytest.raises(ValueError, match="freedom: must be ≥ 1, got 0"):
        rule_power(1, 0.5, 6, freedom=0)
