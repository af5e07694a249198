"""Seeds that test different groups of images: intervals over groups, and the verdicts by them."""

import numpy as np
import pytest
import scipy

from augury.stats import (
    Pair,
    Rule,
    confidence_sequence,
    groups_deviation,
    groups_error,
    groups_interval,
    groups_reach,
    groups_sequence,
    judge,
    log_e_process,
    subgroup_scores,
)


def test_with_every_turn_once_it_is_the_interval_of_the_paired_t_test():
    differences = np.random.default_rng(0).normal(1, 2, 7)
    expected = scipy.stats.ttest_1samp(differences, 0).confidence_interval(0.9)
    assert groups_interval(differences, range(7), 0.9) == pytest.approx(tuple(expected))
    assert groups_error(differences, range(7)) == 0


def test_with_every_turn_equally_often_it_is_that_of_the_turns_means():
    differences = np.random.default_rng(1).normal(0, 1, (3, 5)) + np.arange(5)
    turns = np.tile(np.arange(5), 3)
    means = differences.mean(axis=0)
    expected = scipy.stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert groups_interval(differences.ravel(), turns, 0.95) == pytest.approx(tuple(expected))
    # One-way analysis of variance, by hand: what is between turns, less what is within them.
    within = differences.var(axis=0, ddof=1).mean()
    between = means.var(ddof=1) - within / 3
    assert groups_error(differences.ravel(), turns) == pytest.approx((between / 5) ** 0.5)


def test_turns_that_differ_in_nothing_leave_no_error():
    # The same three values in each of four turns.
    differences, turns = np.tile([0.0, 1.0, 2.0], 4), np.repeat(np.arange(4), 3)
    assert groups_error(differences, turns) == 0
    assert groups_deviation(differences, turns) == pytest.approx(0)


def test_an_uneven_number_of_seeds_by_hand():
    differences = np.array([1.0, 3.0, 2.0])
    assert groups_deviation(differences, (0, 0, 1)) == pytest.approx(0)
    # Turns of mean 1 and 2.5.
    assert groups_deviation(differences, (0, 1, 1)) == pytest.approx(0.75)
    assert groups_deviation(differences, (0, 0, 0)) is None
    assert groups_interval(differences, (0, 0, 0), 0.95) is None


def test_the_sequence_is_that_of_the_turns_means_in_the_order_in_which_they_come():
    differences = np.random.default_rng(6).normal(1, 0.3, (3, 6)) + np.arange(6) / 6
    order = [4, 0, 5, 2, 1, 3]
    found = groups_sequence(differences.ravel(), order * 3, 0.05, 0.5)
    expected = confidence_sequence(differences.mean(axis=0), 0.05, 0.5)[-1]
    assert found == pytest.approx(tuple(expected))
    assert groups_sequence(differences[0], order, 0.05, 0.5) == pytest.approx(
        tuple(confidence_sequence(differences[0], 0.05, 0.5)[-1])
    )
    assert groups_sequence(differences[0, :3], order[:3], 0.05, 0.5) is None


def test_how_far_endless_seeds_would_reach():
    rng = np.random.default_rng(7)
    by_turn = rng.normal(0, 1, 6)
    endless = (by_turn + rng.normal(0, 0.5, (4000, 6))).ravel()
    turns = [*range(6)] * 4000
    # The sequence of six values of that spread without its earlier places, by bisection of M.
    deviation = by_turn.std(ddof=1)

    def e_value(mean):
        values = mean + deviation * scipy.stats.zscore(by_turn, ddof=1)
        return log_e_process(values, 0.0, 0.5)[-1] + np.log(0.05)

    expected = scipy.optimize.brentq(e_value, 0, 100)
    assert groups_reach(endless, turns, 0.05, 0.5) == pytest.approx(expected, rel=0.03)
    assert groups_reach(by_turn, range(6), 0.05, 0.5) == 0
    assert groups_reach(np.arange(6.0), [0, 1, 2] * 2, 0.05, 0.5) == np.inf


def pair_of(differences, turns):
    baseline = np.full(len(differences), 0.5)
    ours = baseline + np.array(differences) / 100
    return Pair(tuple(range(len(ours))), ours, baseline, turns=tuple(turns))


def test_a_fixed_design_asks_for_other_groups_too():
    # The same groups thrice: by seeds clear, by three groups not.
    by_turn = np.array([0.4, 3.0, 1.3])
    noise = np.random.default_rng(2).normal(0, 0.05, (3, 3))
    differences = (by_turn + noise).ravel()
    (alone,) = judge([pair_of(differences, range(9))], Rule())
    (again,) = judge([pair_of(differences, [0, 1, 2] * 3)], Rule())
    assert alone.verdict == "helps"
    assert alone.two_way_interval == pytest.approx(alone.interval)
    assert again.verdict == "not shown"
    means = differences.reshape(3, 3).mean(axis=0)
    expected = scipy.stats.ttest_1samp(means, 0).confidence_interval(0.95)
    assert again.two_way_interval == pytest.approx(tuple(expected))
    assert "better on these groups, but others could say otherwise" in again.words


def test_a_race_asks_for_other_groups_too():
    rule = Rule(design="race")
    by_turn = np.array([0.4, 3.0, 1.3])
    noise = np.random.default_rng(2).normal(0, 0.05, (8, 3))
    differences = (by_turn + noise).ravel()
    (alone,) = judge([pair_of(differences, range(24))], rule, ["flip"])
    (again,) = judge([pair_of(differences, [0, 1, 2] * 8)], rule, ["flip"])
    assert (alone.verdict, again.verdict) == ("helps", "not decided")
    assert again.words == (
        "not decided: better on these 3 groups, but other groups could say otherwise; "
        "more groups would tell, more seeds would not"
    )


def test_a_race_that_has_tested_one_group_alone_says_nothing_of_others():
    differences = 2 + np.random.default_rng(3).normal(0, 0.01, 6)
    (found,) = judge([pair_of(differences, [0] * 6)], Rule(design="race"), ["flip"])
    assert found.verdict == "not decided"
    assert found.two_way_interval == (-100, 100)


def test_a_false_verdict_is_as_rare_as_promised_where_groups_come_again():
    """600 races of an arm without effect on groups that differ, of which six come four times."""
    rng, rule = np.random.default_rng(4), Rule(design="race", min_difference=0.1)
    wrong = as_if_new = 0
    for _ in range(600):
        by_turn = rng.normal(0, 1, 6)
        differences = np.concatenate([by_turn + rng.normal(0, 0.3, 6) for _ in range(4)])
        (found,) = judge([pair_of(differences, [*range(6)] * 4)], rule, ["flip"])
        wrong += found.verdict in ("helps", "hurts")
        (found,) = judge([pair_of(differences, range(24))], rule, ["flip"])
        as_if_new += found.verdict in ("helps", "hurts")
    assert wrong < 0.05 * 600
    # Taken for 24 groups they would be called by a direction far too often.
    assert as_if_new > 0.1 * 600


def test_subgroups_of_images_count_images_as_before():
    right = np.random.default_rng(5).random((4, 30)) < 0.5
    (scores,) = subgroup_scores(right, ~right, np.zeros(30, dtype=int), 1)
    assert scores is not None
    assert scores.units is None
