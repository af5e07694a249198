"""Uncertainty from the choice of test images, where classes count alike."""

import itertools

import numpy as np
import pytest

from augury.stats import (
    Calls,
    Pair,
    Rule,
    class_interval,
    image_error,
    image_gains,
    judge,
    two_way_interval,
)

CLASS_METRICS = ("balanced-accuracy", "macro-f1")
SIZES = (150, 40, 10)


def planted(seed, seeds=5, gain=0.0, sizes=SIZES):
    """Calls of two arms whose classes are recognized with different ease."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    ease = rng.normal(1.2, 1.0, len(labels)) - 0.6 * labels
    chance = 1 / (1 + np.exp(-(ease + rng.normal(0, 0.3, (2, seeds, 1)))))
    chance[0] += gain * (1 - chance[0])
    others = rng.integers(0, len(sizes), (2, seeds, len(labels)))
    called = np.where(rng.random((2, seeds, len(labels))) < chance, labels, others)
    return Calls(labels, *called)


def values(metric, labels, called):
    """The metric of each run (S,), spelled out class by class."""
    found = []
    for label in np.unique(labels):
        of_class, named = labels == label, called == label
        hits = (of_class & named).sum(axis=1)
        whole = of_class.sum()
        f1 = 2 * hits / (whole + named.sum(axis=1))
        found.append(hits / whole if metric == "balanced-accuracy" else f1)
    return np.mean(found, axis=0)


def pair_of(calls, metric):
    ours, theirs = (
        values(metric, calls.labels, called) for called in (calls.called, calls.baseline_called)
    )
    right = calls.called == calls.labels, calls.baseline_called == calls.labels
    return Pair(tuple(range(len(ours))), ours, theirs, *right, calls=calls)


@pytest.mark.parametrize("metric", CLASS_METRICS)
def test_the_interval_is_that_of_a_plain_bootstrap_within_classes(metric):
    calls, rng = planted(1), np.random.default_rng(2)
    starts = np.concatenate([[0], np.cumsum(SIZES)])
    plain = []
    for _ in range(2000):
        seeds = rng.integers(0, 5, 5)
        rows = np.concatenate([rng.integers(a, b, b - a) for a, b in itertools.pairwise(starts)])
        ours, theirs = (
            values(metric, calls.labels[rows], called[seeds][:, rows]).mean()
            for called in (calls.called, calls.baseline_called)
        )
        plain.append(ours - theirs)
    expected = np.quantile(plain, (0.025, 0.975))
    found = class_interval(metric, calls, replicates=20_000)
    # Their deviation is some .05, and a quantile of 2,000 is known to a twentieth of that.
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.parametrize("metric", CLASS_METRICS)
def test_swapped_arms_mirror_the_interval(metric):
    calls = planted(4, gain=0.3)
    swapped = Calls(calls.labels, calls.baseline_called, calls.called)
    low, high = class_interval(metric, calls, replicates=500)
    assert class_interval(metric, swapped, replicates=500) == pytest.approx((-high, -low))
    same = Calls(calls.labels, calls.called, calls.called)
    assert class_interval(metric, same, replicates=100) == (0.0, 0.0)


def test_the_numbers_of_classes_and_their_order_do_not_matter():
    """Also where a class without test images is called."""
    calls = planted(5)
    other = np.array([700, 3, 41])
    strange = Calls(*(other[a] for a in (calls.labels, calls.called, calls.baseline_called)))
    for metric in CLASS_METRICS:
        found = class_interval(metric, calls, replicates=4000)
        assert class_interval(metric, strange, replicates=4000) == pytest.approx(found, abs=0.008)
    # Called 9, an image is neither right nor, in a class with images, called by it wrongly.
    called = np.where(calls.called == calls.labels, calls.called, 9)
    low, high = class_interval("macro-f1", Calls(calls.labels, called, calls.called))
    assert 0 < low < high


def test_equal_classes_have_nearly_the_interval_of_accuracy():
    calls = planted(6, sizes=(100, 100, 100), gain=0.2)
    right = calls.called == calls.labels, calls.baseline_called == calls.labels
    found = class_interval("balanced-accuracy", calls)
    assert found == pytest.approx(two_way_interval(*right), abs=0.01)


@pytest.mark.parametrize("metric", CLASS_METRICS)
def test_the_error_of_the_images_is_that_of_drawing_them_anew(metric):
    """With one seed the bootstrap is over images alone."""
    calls = planted(7, seeds=1)
    pair = pair_of(calls, metric)
    low, high = class_interval(metric, calls, 0.6827, 20_000)
    assert image_error(pair, metric) == pytest.approx((high - low) / 2, rel=0.06)
    gains = image_gains(pair, metric)
    assert gains.shape == (1, sum(SIZES))
    assert gains.mean() == pytest.approx(0, abs=1e-12)


def test_a_rule_judges_by_its_metric():
    """The arm is better at the small classes by what it is worse at the large one."""
    labels = np.repeat([0, 1, 2], [160, 20, 20])
    rng = np.random.default_rng(0)

    def runs(*shares):
        right = rng.random((8, 200)) < np.repeat(shares, [160, 20, 20])
        return np.where(right, labels, (labels + 1) % 3)

    calls = Calls(labels, runs(0.80, 0.75, 0.75), runs(0.92, 0.35, 0.35))
    found = {}
    for metric in ("accuracy", *CLASS_METRICS):
        pair = pair_of(calls, metric)
        if metric == "accuracy":
            right = pair.correct.mean(axis=1), pair.baseline_correct.mean(axis=1)
            pair = Pair(pair.seeds, *right, pair.correct, pair.baseline_correct)
        (found[metric],) = judge([pair], Rule(metric=metric))
    assert found["accuracy"].verdict == "not shown"
    for metric in CLASS_METRICS:
        one = found[metric]
        assert one.verdict == "helps"
        ours, theirs = (values(metric, labels, c) for c in (calls.called, calls.baseline_called))
        assert one.difference == pytest.approx(100 * (ours - theirs).mean())
        low, high = one.two_way_interval
        assert 0 < low < one.difference < high


def test_without_calls_no_class_metric_can_be_judged():
    right = np.random.default_rng(0).random((2, 6, 50)) < 0.8
    pair = Pair(tuple(range(6)), *right.mean(axis=2), *right)
    (found,) = judge([pair], Rule(metric="macro-f1"))
    assert found.words == (
        "cannot say: predictions on the test images are missing, the rule needs them"
    )
    with pytest.raises(ValueError, match="missing"):
        image_gains(pair, "macro-f1")
