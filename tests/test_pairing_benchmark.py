"""Whether equal seeds correlate: the figures beside NumPy's and SciPy's."""

import math

import numpy as np
import pytest
from benchmarks.aa.pairing import concordance, pairs_of
from scipy import stats


def test_correlations_of_paired_runs():
    arms = {
        "none": {0: 90.0, 1: 91.0, 2: 92.0, 3: 94.0, 9: 10.0},
        "flip": {0: 91.0, 1: 91.5, 2: 94.0, 3: 94.5},
        "same": dict.fromkeys(range(4), 90.0),
    }
    (found,) = pairs_of(arms)
    assert found["arms"] == ["none", "flip"]
    assert found["seeds"] == 4
    a, b = np.array([90, 91, 92, 94.0]), np.array([91, 91.5, 94, 94.5])
    assert found["correlation"] == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found["deviation"] == pytest.approx((b - a).std(ddof=1))
    assert found["unpaired"] == pytest.approx(math.hypot(a.std(ddof=1), b.std(ddof=1)))
    low, high = (math.tanh(math.atanh(found["correlation"]) + s * 1.959964) for s in (-1, 1))
    assert (found["low"], found["high"]) == pytest.approx((low, high), abs=1e-5)


def test_seeds_that_are_good_in_all_arms():
    values = np.random.default_rng(4).normal(0, [[1], [5], [0.2]], (3, 7)) + np.arange(7) / 4
    arms = {name: dict(enumerate(row.tolist())) for name, row in zip("abc", values, strict=True)}
    found = concordance(arms)
    ranks = [stats.spearmanr(values[i], values[j]).statistic for i, j in ((0, 1), (0, 2), (1, 2))]
    assert found["rank correlation"] == pytest.approx(np.mean(ranks))
    assert found["p"] == pytest.approx(stats.friedmanchisquare(*values.T).pvalue)
    assert concordance({"a": {0: 1.0}, "b": {0: 2.0}}) is None
