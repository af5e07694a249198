import json
import math
import re
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from augury.stats import Pair, Rule, judge, rule_detectable, smallest_detectable, to_points

IMAGES = 1000
QUICK = Rule(replicates=400)


def pair_with(wins, images=IMAGES, right=800):
    """Runs in which the arm gets `wins[s]` more images right than the baseline's `right`."""
    baseline = np.tile(np.arange(images) < right, (len(wins), 1))
    arm = np.array([np.arange(images) < right + win for win in wins]).reshape(len(wins), images)
    return Pair(tuple(range(len(wins))), arm.mean(1), baseline.mean(1), arm, baseline)


def swapped(pair):
    return Pair(
        pair.seeds, pair.baseline_accuracy, pair.accuracy, pair.baseline_correct, pair.correct
    )


def image_error(pair):
    """The standard error, points, of the mean over images of each one's mean difference."""
    by_image = [
        sum(map(int, ours)) / len(ours) - sum(map(int, theirs)) / len(theirs)
        for ours, theirs in zip(pair.correct.T, pair.baseline_correct.T, strict=True)
    ]
    return 100 * np.std(by_image) / math.sqrt(len(by_image))


def judge_one(pair, rule=QUICK):
    return judge([pair], rule)[0]


def simulated_study(rng, arms, gain=0.0, seeds=6, images=300):
    """Arms against one baseline: images of differing difficulty, runs of differing luck."""
    difficulty = rng.normal(1.5, 1.5, images)
    luck = rng.normal(0.0, 0.1, (arms + 1, seeds, 1)) + rng.normal(0.0, 0.1, (seeds, 1))
    chance = 1 / (1 + np.exp(-(difficulty + luck)))
    chance[1:] += gain * (1 - chance[1:])
    baseline, *others = rng.random((arms + 1, seeds, images)) < chance
    return [
        Pair(tuple(range(seeds)), arm.mean(1), baseline.mean(1), arm, baseline) for arm in others
    ]


def test_a_clear_gain_in_numbers_and_words():
    # Gains of 20, 30, 40, 20, 30, 40 images of 1,000: 3 points on average, deviation √0.8 points;
    # the interval's half is 2.570582 √0.8 / √6 = 0.9386.
    pair = pair_with([20, 30, 40, 20, 30, 40])
    comparison = judge_one(pair)
    assert comparison.accuracy == pytest.approx(83)
    assert comparison.baseline_accuracy == pytest.approx(80)
    assert comparison.difference == pytest.approx(3)
    assert comparison.interval == pytest.approx((3 - 0.93865, 3 + 0.93865), abs=1e-4)
    expected = stats.ttest_1samp([2, 3, 4, 2, 3, 4], 0).pvalue
    assert comparison.p == comparison.p_unadjusted == pytest.approx(expected)
    assert comparison.p_permutation == 0.03125
    assert comparison.probability_of_improvement == 1
    assert comparison.probability_interval == (1, 1)
    # Six seeds of six must agree, which asks for more than the t test does.
    assert smallest_detectable(math.sqrt(0.8), 6) < comparison.detectable
    assert comparison.detectable == rule_detectable(
        math.sqrt(0.8), 6, 1, QUICK, image_error(pair), 5
    )
    assert comparison.decided
    low, high = comparison.two_way_interval
    assert 1.5 < low < 2.5 < 3.5 < high < 4.5
    assert (comparison.verdict, comparison.words) == ("helps", "helps by 3.00 ± 0.94 points")


def test_a_clear_loss():
    comparison = judge_one(pair_with([-20, -30, -40, -20, -30, -40]))
    assert (comparison.verdict, comparison.words) == ("hurts", "hurts by 3.00 ± 0.94 points")
    assert comparison.difference == pytest.approx(-3)


def test_no_clear_difference_says_what_could_have_been_seen():
    comparison = judge_one(pair_with([20, -20, 10, -10, 30, 0]))
    assert comparison.verdict == "not shown"
    assert not comparison.decided
    # The deviation is √3.5 = 1.871 points, which five degrees of freedom may underestimate. Six
    # seeds are on one side with probability Φ(difference / true deviation)^6; its mean over the
    # third of studies whose deviations come out smallest is to be four in five.
    third = (np.arange(10_000) + 0.5) / 30_000
    too_small = np.sqrt(stats.chi2.ppf(third, 5) / 5)
    seen = stats.norm.cdf(comparison.detectable / math.sqrt(3.5) * too_small) ** 6
    assert seen.mean() == pytest.approx(0.8, abs=0.01)
    assert comparison.words == "not shown; this study could have seen ≥ 5.8 points"


def test_a_difference_too_small_to_matter_says_so():
    pair = pair_with([20, 30, 40, 20, 30, 40])
    comparison = judge_one(pair, replace(QUICK, min_difference=3.5))
    assert comparison.verdict == "not shown"
    expected = "but the difference is smaller than the 3.5 points that matter"
    assert comparison.words == f"not shown: better, {expected}"
    comparison = judge_one(swapped(pair), replace(QUICK, min_difference=3.5))
    assert comparison.words == f"not shown: worse, {expected}"


def test_a_difference_of_just_the_size_that_matters_counts():
    # 0.3 as a mean of floats may fall short of 0.3 in its last bits.
    wins = [2, 3, 4, 3, 2, 4]
    rule = replace(QUICK, min_difference=0.3, min_probability=1.0)
    assert judge_one(pair_with(wins, right=100), rule).verdict == "helps"
    assert judge_one(swapped(pair_with(wins, right=100)), rule).verdict == "hurts"


def test_holm_can_withhold_the_verdict():
    clear = pair_with([10, 30, 50, 10, 30, 50])
    noise = [pair_with(wins) for wins in np.random.default_rng(1).integers(-20, 20, (20, 6))]
    assert judge_one(clear).verdict == "helps"
    comparison = judge([clear, *noise], QUICK)[0]
    assert comparison.p == pytest.approx(21 * comparison.p_unadjusted)
    assert comparison.verdict == "not shown"


def test_the_bound_on_the_probability_can_withhold_the_verdict():
    # With one seed of six behind, the bound reaches ½, though the mean is far from 0.
    comparison = judge_one(pair_with([30, 40, 50, 30, 40, -1]))
    assert comparison.p < 0.05
    assert comparison.probability_interval[0] == 0.5
    assert comparison.verdict == "not shown"


def test_the_wanted_probability_can_withhold_the_verdict():
    pair = pair_with([30, 40, 50, 30, 40, 50, 30, 40, 50, -1])
    assert judge_one(pair, replace(QUICK, min_probability=0.9)).verdict == "helps"
    assert judge_one(pair, replace(QUICK, min_probability=0.91)).verdict == "not shown"
    loss = swapped(pair)
    assert judge_one(loss, replace(QUICK, min_probability=0.9)).verdict == "hurts"
    assert judge_one(loss, replace(QUICK, min_probability=0.91)).verdict == "not shown"


def test_the_two_way_interval_can_withhold_the_verdict():
    # One image of 30 wins in every seed: another draw of images might not hold it.
    comparison = judge_one(pair_with([1, 1, 1, 1, 1, 2], images=30, right=20))
    assert comparison.p < 0.05
    assert comparison.probability_interval == (1, 1)
    assert comparison.two_way_interval[0] == 0
    assert comparison.verdict == "not shown"
    assert comparison.words.startswith(
        "not shown: better on these test images, but others could say otherwise; this study could "
        "have seen ≥ "
    )


def test_the_family_sets_what_is_detectable():
    pairs = [pair_with([20, -20, 10, -10, 30, 0]) for _ in range(5)]
    comparison = judge(pairs, QUICK)[3]
    assert comparison.p == 1.0
    deviation = np.std([2, -2, 1, -1, 3, 0], ddof=1)
    error = image_error(pairs[0])
    assert comparison.detectable == rule_detectable(deviation, 6, 5, QUICK, error, 5)
    assert comparison.detectable > rule_detectable(deviation, 6, 1, QUICK, error, 5)


@pytest.mark.parametrize(
    ("wins", "words"),
    [
        ([], "cannot say: 0 paired seeds, the rule needs 6"),
        ([30], "cannot say: 1 paired seed, the rule needs 6"),
        ([0] * 6, "cannot say: all 6 seeds differ by 0.00 points, so no test applies"),
        ([-5] * 7, "cannot say: all 7 seeds differ by -0.50 points, so no test applies"),
    ],
)
def test_where_no_test_applies_there_are_no_numbers(wins, words):
    comparison = judge_one(pair_with(wins))
    assert comparison.verdict == "cannot say"
    assert comparison.words == words
    inferred = (
        *("interval", "p", "p_unadjusted", "p_permutation", "probability_of_improvement"),
        *("probability_interval", "two_way_interval", "detectable"),
    )
    assert all(getattr(comparison, name) is None for name in inferred)
    assert comparison.difference == (pytest.approx(np.mean(wins) / 10) if wins else None)


def test_a_missing_accuracy_is_not_averaged_away():
    pair = pair_with([20, 30, 40, 20, 30, 40])
    accuracy = pair.accuracy.copy()
    accuracy[2] = np.nan
    comparison = judge_one(replace(pair, accuracy=accuracy))
    assert comparison.words == ("cannot say: no accuracy (not a number) in 1 of 6 paired seeds")
    assert comparison.accuracy is None
    assert comparison.difference is None
    assert comparison.p is None
    assert comparison.baseline_accuracy == pytest.approx(80)


def test_too_few_seeds_keep_their_numbers_but_get_no_verdict():
    comparison = judge_one(pair_with([200, 210, 190]))
    assert comparison.words == "cannot say: 3 paired seeds, the rule needs 6"
    assert comparison.p < 0.05
    assert comparison.p_permutation == 0.25


@pytest.mark.parametrize("missing", ["correct", "baseline_correct"])
def test_missing_predictions_leave_the_rule_undecided(missing):
    comparison = judge_one(replace(pair_with([20, 30, 40, 20, 30, 40]), **{missing: None}))
    assert comparison.verdict == "cannot say"
    assert "predictions on the test images are missing" in comparison.words
    assert comparison.two_way_interval is None
    assert comparison.p < 0.05


def test_a_pair_without_a_test_leaves_the_family_and_keeps_its_place():
    clear, equal = pair_with([20, 30, 40, 20, 30, 40]), pair_with([5] * 6)
    first, second, third = judge([equal, clear, clear], QUICK)
    assert first.p is None
    assert second == third
    assert second.p == pytest.approx(2 * second.p_unadjusted)
    assert judge([], QUICK) == []


def test_more_than_all_points_are_not_promised():
    rng = np.random.default_rng(2)
    wins = rng.permutation([-800, 200, -700, 150, -600, 100])
    comparison = judge([pair_with(wins)] * 40, QUICK)[0]
    assert comparison.detectable is None
    assert comparison.words == "not shown; this study could not have seen any difference"


def test_comparisons_are_json_as_they_are():
    comparisons = judge([pair_with([20, 30, 40, 20, 30, 40]), pair_with([1])], QUICK)
    stored = json.loads(json.dumps([asdict(c) for c in comparisons], allow_nan=False))
    assert stored[0]["interval"] == list(comparisons[0].interval)
    assert stored[1]["p"] is None
    assert list(stored[0]) == [
        *("seeds", "accuracy", "baseline_accuracy", "difference", "interval", "p"),
        *("p_unadjusted", "p_permutation", "probability_of_improvement", "probability_interval"),
        *("two_way_interval", "detectable", "decided", "verdict", "words"),
        *("e_value", "sequence", "decided_after"),
    ]


@settings(deadline=None, max_examples=60)
@example([20, 30, 40, 20, 30, 40], 0.8, 0.2)
@given(
    st.lists(st.integers(-60, 60), min_size=1, max_size=9),
    st.floats(0.5, 1),
    st.floats(0, 3),
)
def test_swapped_arms_flip_signs_and_verdicts(wins, min_probability, min_difference):
    rule = Rule(
        min_seeds=2,
        min_probability=min_probability,
        min_difference=min_difference,
        replicates=200,
    )
    pair = pair_with(wins, images=200, right=100)
    there, back = judge_one(pair, rule), judge_one(swapped(pair), rule)
    opposite = {"helps": "hurts", "hurts": "helps"}
    assert back.verdict == opposite.get(there.verdict, there.verdict)
    assert back.difference == pytest.approx(-there.difference)
    assert back.p == pytest.approx(there.p)
    assert back.p_permutation == there.p_permutation
    assert back.detectable == pytest.approx(there.detectable)
    if there.p is not None:
        for name, center in (("interval", 0), ("two_way_interval", 0), ("probability_interval", 1)):
            low, high = getattr(there, name)
            mirrored = (center - high, center - low)
            assert getattr(back, name) == pytest.approx(mirrored, abs=1e-9)


def test_an_augmentation_against_itself_wins_in_at_most_one_study_of_twenty():
    # Without a least difference, so that nothing but the statistics holds false verdicts back.
    rng = np.random.default_rng(3)
    rule = Rule(min_difference=0, replicates=200)
    studies = 2000
    false_verdicts = false_tests = 0
    for _ in range(studies):
        comparisons = judge(simulated_study(rng, arms=2), rule)
        false_verdicts += any(c.verdict in ("helps", "hurts") for c in comparisons)
        false_tests += any(c.p is not None and c.p < rule.alpha for c in comparisons)
    assert false_verdicts / studies <= 0.05
    # The adjusted test alone holds its 5 %, too, within four standard errors.
    assert false_tests / studies <= 0.05 + 4 * math.sqrt(0.05 * 0.95 / studies)


def test_a_planted_effect_is_found():
    rng = np.random.default_rng(4)
    verdicts = [
        c.verdict for _ in range(40) for c in judge(simulated_study(rng, 2, gain=0.4), QUICK)
    ]
    assert verdicts.count("helps") >= 0.95 * len(verdicts)
    assert "hurts" not in verdicts


def test_what_is_said_against_a_pair_is_its_verdict():
    pair = replace(pair_with([20, 30, 40, 20, 30, 40]), obstacle="they were tested elsewhere")
    comparison = judge_one(pair)
    assert comparison.words == "cannot say: they were tested elsewhere"
    assert comparison.difference is comparison.p is comparison.detectable is None
    assert not comparison.decided


def test_a_difference_that_cannot_matter_is_decided():
    # Ten seeds that differ by one image of 10,000 either way: 0.01 points, nothing near 2 points.
    pair = pair_with([1, -1] * 5, images=10_000, right=8000)
    comparison = judge_one(pair, replace(QUICK, min_difference=2.0))
    assert comparison.verdict == "not shown"
    assert comparison.words == "not shown: any difference is under 2 points"
    assert comparison.decided
    assert not judge_one(pair, replace(QUICK, min_difference=0.001)).decided


def test_several_looks_make_p_larger_and_intervals_wider():
    rng = np.random.default_rng(6)
    pair = pair_with(rng.integers(5, 40, 12))
    once = judge_one(pair)
    looked = judge_one(pair, replace(QUICK, looks=(6, 8, 10, 12)))
    assert looked.p_unadjusted == once.p_unadjusted
    assert looked.p > once.p
    assert looked.interval[0] < once.interval[0] < once.interval[1] < looked.interval[1]
    assert looked.two_way_interval[0] < once.two_way_interval[0]


def test_a_single_planned_look_changes_nothing():
    pair = pair_with([20, 30, 40, 20, 30, 40])
    assert judge_one(pair, replace(QUICK, looks=(6,))) == judge_one(pair)


def test_units():
    assert to_points(0.25) == 25
    np.testing.assert_array_equal(to_points(np.array([0.5, 1])), [50, 100])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("min_seeds", 1),
        ("alpha", 0),
        ("alpha", math.nan),
        ("min_difference", -0.1),
        ("min_difference", math.inf),
        ("min_probability", 0.4),
        ("confidence", 95),
        ("power", 0.01),
        ("replicates", 0),
        ("seed", -1),
        ("looks", (6, 6)),
        ("looks", (8, 6)),
        ("mixing", 0.0),
        ("mixing", math.inf),
        ("batches", (("flip",), ())),
        ("batches", (("flip", "crop"), ("flip",))),
    ],
)
def test_a_rule_without_meaning_is_refused(field, value):
    with pytest.raises(ValueError, match=f"^{field}: must be .*got {re.escape(str(value))}"):
        Rule(**{field: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": (0, 1, 1)}, "seeds: each must occur once"),
        ({"accuracy": np.array([0.5, 0.6])}, "accuracy: one a seed is needed"),
        ({"baseline_accuracy": np.array([80.0, 81, 82])}, "fractions in \\[0, 1\\]"),
        ({"correct": np.ones((2, IMAGES), bool)}, "correct: one row a seed"),
    ],
)
def test_a_pair_that_does_not_match_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        replace(pair_with([1, 2, 3]), **change)
