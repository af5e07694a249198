"""What simulated races rest on, beside the rule of races, an integral, and tests one by one."""

import math

import numpy as np
import pytest
from benchmarks.aa.racing.course import Plan, run_race
from benchmarks.aa.racing.deciding import Arm
from benchmarks.aa.racing.fixed import fixed_rule, holm_rows, paired_p, peeks, t_and_holm
from benchmarks.aa.racing.outlook import hopeless_at, needed_at
from benchmarks.aa.racing.paths import differences
from benchmarks.aa.racing.same import compare_looks
from benchmarks.aa.racing.worlds import World, heavy, skewed
from scipy import integrate, stats

from augury.stats import Pair, Rule, confidence_sequence, holm, judge, log_e_process

RULE = Rule(design="race")


def by_integration(values: list[float], mixing: float) -> float:
    """The e-value from its definition: likelihoods over scale (Haar) and effect size (normal)."""
    effects = np.linspace(-12, 12, 401)[:, None] / math.sqrt(mixing)
    log_scales = np.linspace(-6, 6, 601)
    scales = np.exp(log_scales)

    def over_scale(effect: np.ndarray) -> np.ndarray:
        likelihood = np.ones(1)
        for value in values:
            z = value / scales - effect
            likelihood = likelihood * np.exp(-(z**2) / 2) / scales
        return integrate.trapezoid(likelihood, log_scales, axis=-1)

    prior = stats.norm(0, 1 / math.sqrt(mixing)).pdf(effects[:, 0])
    mixed = integrate.trapezoid(prior * over_scale(effects), effects[:, 0])
    return float(mixed / over_scale(np.zeros((1, 1)))[0])


@pytest.mark.parametrize(
    ("values", "mixing"),
    [((0.3, -0.2, 0.5), 0.5), ((0.4, 0.7, 0.5, 0.9), 1.0)],
    ids=["undecided", "clear"],
)
def test_an_e_value_is_the_integral_that_defines_it(values, mixing):
    e_value = math.exp(log_e_process(np.array(values), 0.0, mixing)[-1])
    assert e_value == pytest.approx(by_integration(list(values), mixing), rel=1e-5)


@pytest.mark.parametrize(
    "world",
    [
        World("a", 0.1),
        World("b", 0.3, failed=0.2, images=539),
        World("c", center=95, errors=True),
    ],
    ids=lambda world: world.name,
)
def test_quick_looks_say_what_the_rule_says(world):
    found = compare_looks(world, 8, Rule(min_difference=0.25), (3,))
    assert found["looks"] == 48
    assert found["differ"] == 0
    assert found["helps"] > 0


def test_failed_seeds_are_left_out_of_differences():
    accuracies = np.array([[[90.0, 91, np.nan, 92], [91.0, np.nan, 93, 94]]])
    values, pairs = differences(accuracies)
    np.testing.assert_array_equal(values[0, 0, :2], [1, 2])
    np.testing.assert_array_equal(pairs[0, 0], [1, 1, 1, 2])


def arm(verdict_at: int | None, seeds: int = 6) -> Arm:
    """One that is shown to help from so many pairs on."""
    p = [1e-6 if verdict_at and n >= verdict_at else 1.0 for n in range(1, seeds + 1)]
    no = [False] * seeds
    needed = [1 if verdict_at else 50] * seeds
    return Arm(p, p, [1.0] * seeds, no, needed, no, list(range(1, seeds + 1)))


@pytest.mark.parametrize("workers", [1, 3])
def test_a_decided_arm_gets_no_more_seeds_and_the_baseline_keeps_pace(workers):
    arms = [arm(4), arm(None), arm(None)]
    plan = Plan(RULE, (((0, 1), 0), ((2,), 5)), workers, max_seeds=6)
    course = run_race(arms, plan, np.random.default_rng(0))
    assert course.verdicts == {0: "helps"}
    assert course.decided_after == {0: 4}
    # The baseline and two arms have six seeds; the decided one four, and those that ran by then.
    assert 3 * 6 + 4 <= course.cells <= 3 * 6 + 4 + workers
    assert course.ended == course.cells


def test_a_budget_goes_to_the_arm_that_seems_nearest():
    arms = [arm(None, 20), arm(12, 20), arm(None, 20)]
    terms = {"max_seeds": 20, "cells": 40}
    rng = np.random.default_rng(0)
    nearest = run_race(arms, Plan(RULE, (((0, 1, 2), 0),), in_turn=False, **terms), rng)
    in_turn = run_race(arms, Plan(RULE, (((0, 1, 2), 0),), **terms), rng)
    assert nearest.verdicts == {1: "helps"}
    assert in_turn.verdicts == {}
    assert nearest.cells == in_turn.cells == 40


def test_the_outlook_goes_by_mean_and_deviation():
    rng = np.random.default_rng(5)
    values = rng.normal(0.4, 0.5, (1, 3, 12))
    levels = np.full((1, 3), 0.01)
    needed = needed_at(values, levels, RULE)
    for row in range(3):
        first = values[0, row, :8]
        # Values with the same mean and deviation, twelve more of them.
        for more in range(1, 17):
            n = 8 + more
            signs = np.resize([1.0, -1.0], n)
            signs = (signs - signs.mean()) / signs.std(ddof=1)
            values_then = first.mean() + first.std(ddof=1) * signs
            shown = log_e_process(values_then, 0.0, RULE.mixing)[-1] >= math.log(100)
            assert (shown and abs(first.mean()) >= 0.2) == (needed[0, row, 7] <= more) or np.all(
                np.abs(confidence_sequence(values_then, 0.01, RULE.mixing)[-1]) < 0.2
            )
    far = np.concatenate([values + 5, rng.normal(0.0, 20, (1, 3, 12))], axis=1)
    hopeless = hopeless_at(far, np.full((1, 6), 0.01), RULE)
    assert not hopeless[0, :3, :11].any()
    assert hopeless[0, 3:, 8].all()


def test_tests_of_many_studies_are_those_of_each():
    values = np.random.default_rng(2).normal(0.2, 0.4, (5, 4, 9))
    p = paired_p(values)
    for n in (2, 5, 9):
        expected = stats.ttest_1samp(values[..., :n], 0, axis=-1).pvalue
        np.testing.assert_allclose(p[..., n - 1], expected, rtol=1e-9)
    np.testing.assert_allclose(holm_rows(p[..., -1]), [holm(row) for row in p[..., -1]])
    assert (paired_p(np.full((1, 3), 0.5)) == 1).all()
    early = (stats.ttest_1samp(values[..., :4], 0, axis=-1).pvalue < 0.05) | (
        stats.ttest_1samp(values[..., :5], 0, axis=-1).pvalue < 0.05
    )
    np.testing.assert_array_equal(peeks(values, 4, 5), early)


def test_the_fixed_rule_is_that_of_judge():
    """Test images are many and alike here, so that the interval over them decides nothing."""
    rng = np.random.default_rng(7)
    images, seeds = 2_000, 8
    baseline = rng.integers(1_600, 1_620, seeds)
    gains = rng.normal([[0], [2], [10], [14], [30], [-30]], 12, (6, seeds)).round().astype(int)
    arms = baseline + gains
    order = np.arange(images)
    pairs = [
        Pair(
            tuple(range(seeds)),
            counts / images,
            baseline / images,
            order < counts[:, None],
            order < baseline[:, None],
        )
        for counts in arms
    ]
    rule = Rule(replicates=2_000)
    words = {"helps": 1, "hurts": -1}
    expected = [words.get(one.verdict, 0) for one in judge(pairs, rule)]
    values = (arms - baseline)[None] * 100 / images
    found = fixed_rule(values, seeds, rule.min_difference)[0]
    assert {0, 1, -1} == set(expected)
    np.testing.assert_array_equal(found, expected)
    assert (np.abs(t_and_holm(values, seeds, rule.min_difference)[0]) >= np.abs(found)).all()


@pytest.mark.parametrize("draw", [skewed, heavy], ids=["skewed", "heavy"])
def test_shapes_have_mean_0_and_deviation_1(draw):
    drawn = draw(np.random.default_rng(1), (400_000,))
    assert abs(drawn.mean()) < 0.01
    assert drawn.std() == pytest.approx(1, abs=0.05)


def test_worlds_have_the_accuracies_that_they_name():
    rng = np.random.default_rng(1)
    effects = np.tile([0.5, 0.0], (4_000, 1))
    rounded = World("", 0.3, images=539, failed=0.1).accuracies(effects, 5, rng)
    np.testing.assert_allclose(np.nanmean(rounded, axis=(0, 2)), [90, 90.5, 90], atol=0.01)
    images = rounded[np.isfinite(rounded)] * 5.39
    np.testing.assert_allclose(images, images.round(), atol=1e-9)
    assert np.isnan(rounded).mean() == pytest.approx(0.1, abs=0.01)
    ceiling = World("", center=99.8, images=539, errors=True).accuracies(-effects, 5, rng)
    np.testing.assert_allclose(ceiling.mean(axis=(0, 2)), [99.8, 99.3, 99.8], atol=0.01)
    assert ceiling.max() == 100
    real = World("", values=np.array([70.0, 80.0])).accuracies(effects, 5, rng)
    assert set(np.unique(real[:, 1])) == {70.5, 80.5}
