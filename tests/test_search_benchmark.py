"""What simulated searches rest on, beside the race of a study and arithmetic by hand."""

import numpy as np
import pytest
from benchmarks.aa.searching.same import compare_steps
from benchmarks.aa.searching.searches import Landscape, One, search_all, search_row
from benchmarks.aa.searching.step import step_all

from augury.stats import Rule
from augury.stats.overstatement import overstatement

RULE = Rule(design="race", part="validation")


def test_a_simulated_step_ends_as_a_race_of_a_study_does():
    rng = np.random.default_rng(0)
    accuracies = 0.3 * rng.standard_normal((20, 5, 24))
    accuracies[:, 1:] += np.array([0.6, 0.4, 0.0, -0.5])[:, None]
    assert compare_steps(accuracies, RULE) == {"steps": 20, "differ": 0}


def test_the_best_of_a_step_is_the_largest_mean_of_those_that_help():
    rng = np.random.default_rng(1)
    accuracies = 0.1 * rng.standard_normal((1, 4, 24))
    accuracies[:, 1:] += np.array([1.0, 1.5, -2.0])[:, None]
    (stepped,) = step_all(accuracies, RULE)
    assert stepped.best == 1
    for arm, (seeds, mean, deviation) in enumerate(
        zip(stepped.seeds, stepped.means, stepped.deviations, strict=True)
    ):
        by_hand = (accuracies[0, 1 + arm] - accuracies[0, 0])[:seeds]
        assert mean == pytest.approx(by_hand.mean())
        assert deviation == pytest.approx(by_hand.std(ddof=1))


def test_what_a_combination_is_worth():
    halved = One(np.zeros(24), (0.5, 0.0, -0.4), kept=0.5)
    assert halved.true([0]) == 0.5
    assert halved.true([2, 0]) == pytest.approx(0.5 - 0.4 * 0.5)
    assert halved.true([0, 1, 2]) == pytest.approx(0.5 - 0.2)


def test_searches_find_what_is_large_and_the_gain_is_the_sum_of_their_steps():
    land = Landscape("", (3.0, 2.0, 0.0))
    found = search_all(land, 20, np.random.default_rng(2))
    assert all({0, 1} <= set(one.chosen) for one in found)
    for one in found:
        assert one.gain == pytest.approx(sum(step.difference for step in one.steps))
        assert sum(step.true for step in one.steps) == pytest.approx(one.true(one.chosen))
    row = search_row(land, 20, (2,))
    assert (row["winners"], row["test helps"], row["useless"]) == (20, 20, 0)


def test_overstatement_grows_with_the_deviation_and_with_how_good_the_winner_looks():
    for deviation in (0.1, 2.0):
        looked = [overstatement(ratio * deviation, deviation) for ratio in (0.5, 1.2, 1.8, 2.5, 9)]
        assert looked == sorted(looked)
        assert all(0 < points < 0.5 * deviation for points in looked)
    assert overstatement(1.0, 0.0) == 0.0
    assert overstatement(None, 1.0) is overstatement(1.0, None) is None
