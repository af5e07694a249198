"""The intervals behind the findings, against SciPy and against simulation."""

import numpy as np
import pytest
from scipy import stats

from augury.checks.finding import correlation_within, effective_count, wilson


@pytest.mark.parametrize(("hits", "count"), [(0, 10), (3, 10), (500, 1000), (999, 1000), (40, 40)])
def test_wilson_is_scipys(hits, count):
    expected = stats.binomtest(hits, count).proportion_ci(0.999, method="wilson")
    assert wilson(hits / count, count) == pytest.approx(expected, abs=1e-4)


def test_independent_flags_count_fully_and_shared_ones_once_a_batch():
    generator = np.random.default_rng(0)
    apart = generator.random((400, 100)) < 0.3
    assert effective_count(apart) > 0.8 * apart.size
    shared = np.repeat(generator.random((400, 1)) < 0.3, 100, axis=1)
    assert effective_count(shared) == pytest.approx(400, rel=0.01)
    assert effective_count(np.ones((4, 10), bool)) == 40


def simulate(generator, correlation, batches=200, n=50):
    shared = generator.standard_normal((batches, 1)) * correlation**0.5
    return shared + generator.standard_normal((batches, n)) * (1 - correlation) ** 0.5


def test_correlation_is_what_was_put_in():
    generator = np.random.default_rng(0)
    for correlation in (0.02, 0.1, 0.5):
        # The ranks' correlation of a bivariate normal: 6 / π · asin(ρ / 2).
        expected = 6 / np.pi * np.arcsin(correlation / 2)
        found, (low, high) = correlation_within(simulate(generator, correlation))
        assert found == pytest.approx(expected, rel=0.3)
        assert low < expected < high
        assert low > 0


@pytest.mark.parametrize("shape", ["normal", "exponential", "rare"])
def test_independent_values_are_seldom_called_alike(shape):
    """99.99 % two-sided: 2,000 simulations should give 0.1 false alarms, and hardly 3."""
    generator = np.random.default_rng(1)
    alarms = 0
    for _ in range(2000):
        values = generator.standard_exponential((40, 20))
        if shape == "normal":
            values = generator.standard_normal((40, 20))
        if shape == "rare":
            values = (values > 3).astype(float)
        found = correlation_within(values)
        alarms += found is not None and found[1][0] > 0
    assert alarms < 3


def test_missing_values_are_left_out():
    generator = np.random.default_rng(2)
    values = simulate(generator, 0.3)
    values[generator.random(values.shape) < 0.7] = np.nan
    assert correlation_within(values)[1][0] > 0
    values = simulate(generator, 0.0)
    values[generator.random(values.shape) < 0.7] = np.nan
    assert correlation_within(values)[1][0] < 0


def test_what_never_varies_or_is_hardly_there_has_no_correlation():
    assert correlation_within(np.ones((50, 50))) is None
    assert correlation_within(np.full((50, 50), np.nan)) is None
    assert correlation_within(np.random.default_rng(0).random((5, 50))) is None
    shared = np.repeat(np.random.default_rng(0).random((50, 1)), 50, axis=1)
    assert correlation_within(shared) == (1.0, (1.0, 1.0))
