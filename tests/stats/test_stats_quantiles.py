"""Quantiles against scipy.stats."""

import numpy as np
import pytest
from scipy import stats

from augury.stats.quantiles import binomial_quantiles, chi2_quantiles, student_quantile


@pytest.mark.parametrize("freedom", [1, 2, 5, 23, 200])
def test_t_and_chi2_as_scipy_s(freedom):
    p = np.array([1e-6, 0.001, 0.025, 0.5, 0.975, 0.9999])
    found = [student_quantile(each, freedom) for each in p]
    np.testing.assert_allclose(found, stats.t.ppf(p, freedom), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(chi2_quantiles(p, freedom), stats.chi2.ppf(p, freedom), rtol=1e-12)


@pytest.mark.parametrize("n", [*range(1, 40), 100, 500])
def test_binomial_counts_are_scipy_s(n):
    chances = np.arange(n + 1) / n
    for p in (0.005, 0.025, 0.05, 0.5):
        expected = stats.binom.ppf(p, n, chances)
        np.testing.assert_array_equal(binomial_quantiles(p, n, chances), expected)
