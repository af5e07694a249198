import numpy as np
import pytest
from scipy import stats

from augury.stats import pairing


@pytest.mark.parametrize("seeds", [4, 12])
def test_the_correlation_and_its_interval_are_scipy_s(seeds):
    rng = np.random.default_rng(seeds)
    luck = rng.normal(0.0, 0.01, seeds)
    ours, theirs = 0.9 + luck + rng.normal(0, 0.01, (2, seeds))
    found = pairing(ours, theirs)
    expected = stats.pearsonr(ours, theirs)
    assert found.seeds == seeds
    assert found.correlation == pytest.approx(expected.statistic)
    assert found.interval == pytest.approx(tuple(expected.confidence_interval(0.95)))
    ratio = np.var(ours - theirs, ddof=1) / (np.var(ours, ddof=1) + np.var(theirs, ddof=1))
    assert found.variance_ratio == pytest.approx(ratio)


def test_equal_luck_leaves_nothing_and_opposite_luck_doubles():
    accuracies = np.array([0.8, 0.81, 0.79, 0.84])
    same = pairing(accuracies + 0.01, accuracies)
    assert same.correlation == pytest.approx(1)
    assert same.variance_ratio == pytest.approx(0, abs=1e-12)
    opposite = pairing(1 - accuracies, accuracies)
    assert opposite.correlation == pytest.approx(-1)
    assert opposite.variance_ratio == pytest.approx(2)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([0.8, 0.9, 0.7], [0.8, 0.9, 0.6]),
        ([0.8, 0.9, 0.7, np.nan], [0.8, 0.9, 0.6, 0.7]),
        ([0.8, 0.9, 0.7, 0.6], [0.8, 0.8, 0.8, 0.8]),
    ],
    ids=["three seeds", "not a number", "no spread"],
)
def test_what_tells_nothing_is_none(ours, theirs):
    assert pairing(np.array(ours), np.array(theirs)) is None
