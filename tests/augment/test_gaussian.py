import numpy as np
import torch
from scipy import stats

from augury.augment.shared.gaussian import gaussian
from augury.rng import Draws


def drawn(samples, n, name="x"):
    return gaussian(Draws(1, 2, torch.arange(samples)).stream(name), n)


def test_each_is_the_quantile_that_half_a_word_chooses():
    draws = Draws(1, 2, torch.arange(50))
    words = draws.bits("x", 4).numpy()
    halves = np.stack((words & 0xFFFF, words >> 16), 2).reshape(50, 8)
    expected = stats.norm.ppf((halves + 0.5) / 65536)
    for n in (7, 8):
        found = gaussian(draws.stream("x"), n)
        assert found.dtype == torch.float32
        np.testing.assert_allclose(found.numpy(), expected[:, :n], rtol=1e-6)


def test_they_are_normal_and_independent():
    """A million: the mean is known to 0.001, and the standard deviation to 0.0007."""
    found = drawn(1000, 1000).numpy().astype(np.float64)
    assert stats.kstest(found.ravel(), "norm").pvalue > 1e-4
    assert abs(found.mean()) < 4.5e-3
    assert abs(found.std() - 1) < 4.5 * 7.1e-4
    assert 4 < np.abs(found).max() < 4.33
    for one, other in (
        (found[:, :-1], found[:, 1:]),
        (found[:-1], found[1:]),
        (found, drawn(1000, 1000, "y").numpy()),
    ):
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 4.5e-3


def test_the_table_has_the_documented_variance():
    levels = stats.norm.ppf((np.arange(65536) + 0.5) / 65536)
    assert abs(levels.var() - 1) < 2.1e-5
    assert abs(levels[-1] - 4.32) < 0.006
