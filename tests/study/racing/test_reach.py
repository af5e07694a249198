"""What a race can decide, and what is still to come of one."""

import math

import numpy as np
import pytest

from augury.stats import Rule, log_e_process
from augury.study.planning.duration import read_duration
from augury.study.racing.budget import Budget, budget_of
from augury.study.racing.durations import Durations
from augury.study.racing.forecast import Forecast
from augury.study.racing.outlook import could_be_decided, seeds_until_decided
from augury.study.racing.reach import (
    least_seeds,
    race_detectable,
    race_power,
    seeds_to_dismiss,
    seeds_to_tell,
)
from augury.terminal.study_progress import race_line
from helpers.studies import quick_plan, quick_settings

RULE = Rule(design="race")


def level(comparisons):
    """Bonferroni's share of the first batch's four fifths of alpha."""
    return 0.8 * RULE.alpha / comparisons


def with_moments(n, mean, spread):
    """n differences with exactly this mean and standard deviation."""
    draws = np.random.default_rng(n).standard_normal(n)
    return mean + spread * (draws - draws.mean()) / draws.std(ddof=1)


@pytest.mark.parametrize("comparisons", [1, 3, 11])
def test_before_so_many_seeds_nothing_can_be_decided(comparisons):
    least = least_seeds(comparisons, RULE)
    # Nothing is surer than differences that are all the same, but for a spread to speak of.
    nearly = 5 + 1e-6 * np.random.default_rng(0).standard_normal(least)
    evidence = log_e_process(nearly, 0.0, RULE.mixing)
    assert (evidence[: least - 1] < -math.log(level(comparisons))).all()
    assert evidence[least - 1] >= -math.log(level(comparisons))
    assert race_detectable(1.0, least - 1, comparisons, RULE) is None


@pytest.mark.parametrize(("seeds", "comparisons"), [(8, 1), (20, 3)])
def test_what_is_detectable_is_found_as_often_as_promised(seeds, comparisons):
    points = race_detectable(0.5, seeds, comparisons, RULE)
    fresh = np.random.default_rng(7).normal(points, 0.5, (2000, seeds))
    evidence = log_e_process(fresh, 0.0, RULE.mixing)[:, 2:]
    means = (fresh.cumsum(axis=1) / np.arange(1, seeds + 1))[:, 2:]
    shown = (evidence >= -math.log(level(comparisons))) & (means >= RULE.min_difference)
    # Of 2,000 races against 1,000, each share is known to two points.
    assert shown.any(axis=1).mean() == pytest.approx(0.8, abs=0.04)
    assert race_power(points, 0.5, seeds, comparisons, RULE) == pytest.approx(0.8, abs=1e-3)


def test_smaller_spreads_tell_sooner():
    told = [seeds_to_tell(spread, 3, RULE, 200) for spread in (0.05, 0.1, 0.2)]
    dismissed = [seeds_to_dismiss(spread, 3, RULE, 200) for spread in (0.05, 0.1, 0.2)]
    assert told == sorted(told)
    assert dismissed == sorted(dismissed)
    assert seeds_to_tell(5.0, 3, RULE, 50) is None
    assert seeds_to_dismiss(5.0, 3, RULE, 50) is None


@pytest.mark.parametrize(
    ("mean", "spread"), [(0.8, 0.5), (-0.5, 0.3), (0.0, 0.15)], ids=["helps", "hurts", "nothing"]
)
def test_the_outlook_is_the_first_number_of_seeds_that_decides(mean, spread):
    seeds = seeds_until_decided(with_moments(4, mean, spread), 0.01, 0.2, RULE.mixing, 100)

    def decides(n):
        values = with_moments(n, mean, spread)
        shown = log_e_process(values, 0.0, RULE.mixing)[-1] >= math.log(100) and abs(mean) >= 0.2
        # Of this number alone, without the intersection over the earlier ones.
        low, high = _last_of_sequence(values)
        return shown or (low > -0.2 and high < 0.2)

    assert 4 < seeds <= 100
    assert decides(seeds)
    assert not any(decides(n) for n in range(5, seeds))


def _last_of_sequence(values):
    """The interval after the last value: where M of the mean is just 100, by bisection."""

    def inside(mean):
        return log_e_process(values, mean, RULE.mixing)[-1] < math.log(100)

    center = values.mean()
    if inside(center + 1e6):
        return -np.inf, np.inf
    low, high = 0.0, 1e6
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(center + middle) else (low, middle)
    return center - low, center + low


def test_only_what_chance_would_hardly_decide_is_given_up():
    clear, nothing = with_moments(6, 0.8, 0.4), with_moments(6, 0.0, 0.05)
    between = with_moments(12, 0.15, 1.0)
    terms = (0.01, 0.2, RULE.mixing, 24)
    assert could_be_decided(clear, *terms)
    assert could_be_decided(nothing, *terms)
    assert not could_be_decided(between, *terms)
    assert could_be_decided(between, 0.01, 0.2, RULE.mixing, 5000)
    # All seeds are there already.
    assert not could_be_decided(with_moments(24, 0.8, 0.4), *terms)


def test_a_cell_takes_what_its_arm_has_taken_and_at_first_what_was_measured(cache_folder):
    plan = quick_plan(quick_settings(augmentations=["none", "flip"], seeds=3))
    none, flip = plan.cells[:2]
    durations = Durations(plan)
    # Six steps of 9 ms: two epochs of three batches.
    assert durations.expected(flip) == pytest.approx(0.054)
    durations.add(none, 4.0)
    durations.add(none, None)
    assert durations.expected(flip) == 4.0
    durations.add(flip, 7.0)
    durations.add(flip, 9.0)
    assert durations.expected(flip) == 8.0
    assert durations.expected(none) == 4.0


def test_the_settings_name_the_budget():
    asked = quick_settings(seeds=None, time="1.5h", cells=40, max_seeds=12)
    assert budget_of(asked) == Budget(12, 40, 5400.0)
    assert budget_of(quick_settings(seeds=None)) == Budget(24, math.inf, math.inf)
    assert budget_of(quick_settings(seeds=None, max_hours=2.0, time="20m")).seconds == 1200.0
    assert [read_duration(text) for text in ("90s", "20m", "2h")] == [90.0, 1200.0, 7200.0]


@pytest.mark.parametrize(
    ("told", "line"),
    [
        (Forecast(11, 0, 0, None), "0 of 11 decided"),
        (Forecast(11, 7, 0, 360.0), "7 of 11 decided, about 6 minutes to decide the rest"),
        (
            Forecast(11, 7, 3, 20.0),
            "7 of 11 decided, about 20 seconds to decide the rest, "
            "3 will not be decided within the budget",
        ),
        (Forecast(3, 3, 0, None), "3 of 3 decided"),
    ],
)
def test_how_far_a_race_is_in_one_line(told, line):
    assert race_line(told) == line
