import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.stats import interquartile_mean, iqm_interval


def slow_iqm(scores):
    """From the definition: sort, leave a quarter out at either end, average."""
    ordered = sorted(scores)
    cut = len(ordered) // 4
    kept = ordered[cut : len(ordered) - cut]
    return sum(kept) / len(kept)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([7, 1, 8, 2, 6, 3, 5, 4], 4.5),  # 3, 4, 5, 6 are left
        ([[0, 100], [2, 4]], 3),  # pooled: 2 and 4 are left
        ([1, 2, 3, 4, 100], 3),  # a quarter of five is one
        ([1, 2, 6], 3),  # a quarter of three is none
        ([5], 5),
    ],
)
def test_by_hand(scores, expected):
    assert interquartile_mean(np.array(scores, dtype=float)) == pytest.approx(expected)


@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=40))
def test_equals_the_definition(scores):
    assert interquartile_mean(np.array(scores, dtype=float)) == pytest.approx(slow_iqm(scores))


@pytest.mark.parametrize("confidence", [0.9, 0.66, 0.3])
def test_interval_is_that_of_all_stratified_draws(confidence):
    # Two seeds, two problems: each problem draws two of its own two, which makes 4 × 4 equally
    # likely samples. Drawing whole seeds would make four.
    scores = np.array([[0.0, 10.0], [4.0, 31.0]])
    draws = [list(itertools.product(column, repeat=2)) for column in scores.T]
    estimates = sorted(slow_iqm([*first, *second]) for first, second in itertools.product(*draws))
    tail = int(16 * (1 - confidence) / 2)
    expected = (estimates[tail], estimates[-1 - tail])
    assert iqm_interval(scores, confidence) == pytest.approx(expected)


def test_interval_agrees_with_a_slow_loop():
    rng = np.random.default_rng(1)
    scores = rng.normal(0.8, 0.1, (6, 3)) + np.array([0, 0.1, -0.2])
    estimates = [
        slow_iqm([column[i] for column in scores.T for i in rng.integers(0, 6, 6)])
        for _ in range(10_000)
    ]
    expected = np.quantile(estimates, (0.05, 0.95))
    # An end's standard error is some .0005 of either bootstrap.
    np.testing.assert_allclose(iqm_interval(scores, confidence=0.9), expected, atol=0.003)


def test_equal_seeds_leave_no_width():
    # The problems stay as they are: only seeds are drawn.
    scores = np.tile([0.2, 0.4, 0.6, 0.9], (5, 1))
    assert iqm_interval(scores) == pytest.approx((0.5, 0.5))


def test_seeded_and_whole_whatever_the_blocks(monkeypatch):
    scores = np.random.default_rng(2).random((5, 4))
    whole = iqm_interval(scores, replicates=3000, seed=1)
    assert whole == iqm_interval(scores, replicates=3000, seed=1)
    assert whole != iqm_interval(scores, replicates=3000, seed=2)
    monkeypatch.setattr("augury.stats.bootstrap._BLOCK", 100)
    # Five replicates a block may draw others, of the same distribution.
    assert iqm_interval(scores, replicates=3000, seed=1) == pytest.approx(whole, abs=0.03)


@pytest.mark.parametrize("scores", [[], [0.5, np.nan], [np.inf]])
def test_no_mean_of_nothing(scores):
    with pytest.raises(ValueError, match="scores: at least one, all finite"):
        interquartile_mean(np.array(scores))


@pytest.mark.parametrize(
    "scores",
    [np.ones(4), np.ones((1, 4)), np.ones((4, 0)), np.array([[1, 2], [3, np.nan]])],
)
def test_no_interval_of_other_scores(scores):
    with pytest.raises(ValueError, match="scores: \\(seeds, problems\\) with at least 2 seeds"):
        iqm_interval(scores)


@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_other_confidences_are_refused(confidence):
    with pytest.raises(ValueError, match="confidence: must be in \\(0, 1\\), got"):
        iqm_interval(np.random.default_rng(3).random((4, 2)), confidence)
