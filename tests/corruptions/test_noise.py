import numpy as np
import pytest
import torch
from photos import assert_cut, photos
from scipy import stats

from augury.corruptions import corrupt
from augury.corruptions.noise import poisson, standard_normal
from augury.rng import Draws

# The authors' constants, for sides up to 64 and above.
DEVIATIONS = {32: (0.04, 0.06, 0.08, 0.09, 0.10), 96: (0.08, 0.12, 0.18, 0.26, 0.38)}
PHOTONS = {32: (500, 250, 100, 75, 50), 96: (60, 25, 12, 5, 3)}

sizes = pytest.mark.parametrize("side", [32, 96])
severities = pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])


@sizes
@severities
@pytest.mark.parametrize("channels", [1, 3])
def test_gaussian_noise_equals_the_definition(side, severity, channels):
    images, ids = photos(side, side, channels), torch.tensor([5, 9, 1, 2**33])
    draws = Draws(0, severity, ids)
    noise = standard_normal(draws, "corruption.gaussian-noise", channels * side * side).numpy()
    c = DEVIATIONS[side][severity - 1]
    expected = np.clip(images / 255.0 + c * noise.reshape(images.shape), 0, 1) * 255
    found = corrupt(torch.from_numpy(images), ids, "gaussian-noise", severity)
    assert_cut(found, expected)


@sizes
@severities
def test_gaussian_noise_has_the_published_deviation(side, severity):
    """On mid-gray, the mean and variance of a normal number that is clipped and then cut."""
    level, n = 127, 60
    images = torch.full((n, 1, side, side), level, dtype=torch.uint8)
    found = corrupt(images, torch.arange(n), "gaussian-noise", severity).double().flatten()
    spread = 255 * DEVIATIONS[side][severity - 1]
    edges = np.concatenate(([-np.inf], np.arange(1, 256), [np.inf]))
    mass = np.diff(stats.norm(level, spread).cdf(edges))
    mean = (mass * np.arange(256)).sum()
    variance = (mass * (np.arange(256) - mean) ** 2).sum()
    assert abs(found.mean() - mean) < 4 * (variance / len(found)) ** 0.5
    # The fourth moment of a clipped normal number is below a normal one's.
    assert abs(found.var() / variance - 1) < 4 * (2 / len(found)) ** 0.5


def test_normal_numbers_are_normal_and_independent():
    draws = Draws(1, 2, torch.arange(300))
    z = standard_normal(draws, "test", 801).numpy()
    assert z.shape == (300, 801)
    assert stats.kstest(z.ravel(), "norm").pvalue > 1e-3
    standard_error = z.size**-0.5
    assert abs(z.mean()) < 4 * standard_error
    assert abs((z**2).mean() - 1) < 4 * 2**0.5 * standard_error
    # The two of a pair stand 401 apart; their squares are the harder case.
    for power in (1, 2):
        first, second = z[:, :400].ravel() ** power, z[:, 401:].ravel() ** power
        assert abs(stats.pearsonr(first, second).statistic) < 4 * len(first) ** -0.5


@sizes
@severities
def test_shot_noise_equals_the_definition(side, severity):
    """SciPy's quantiles in place of a generator's counts, at the draws' probabilities."""
    images, ids = photos(side, side, n=1), torch.tensor([11])
    bits = Draws(0, severity, ids).bits("corruption.shot-noise", images.size).numpy()
    part = slice(0, 1500)
    levels, c = images.ravel()[part], PHOTONS[side][severity - 1]
    counts = stats.poisson.ppf((bits.ravel()[part] + 0.5) / 2**32, levels / 255.0 * c)
    # SciPy's quantile function is -1 where the mean is 0.
    counts = np.where(levels == 0, 0, counts)
    found = corrupt(torch.from_numpy(images), ids, "shot-noise", severity)
    assert_cut(found.flatten()[part], np.clip(counts / c, 0, 1) * 255)


@pytest.mark.parametrize("photons", [3, 60, 500])
@pytest.mark.parametrize("level", [1, 40, 255])
def test_counts_follow_poisson(photons, level):
    n, mean = 200_000, photons * level / 255
    bits = Draws(3, 1, torch.arange(50)).bits("test", n // 50)
    levels = torch.full_like(bits, level, dtype=torch.uint8)
    counts = poisson(levels, photons, bits).numpy().ravel()
    law = stats.poisson(mean)
    assert abs(counts.mean() - mean) < 4 * (mean / n) ** 0.5
    # The variance of a sample variance from the fourth central moment, mean + 3 mean².
    assert abs(counts.var() - mean) < 4 * ((mean + 2 * mean**2) / n) ** 0.5
    low, high = int(law.ppf(5e-4)), int(law.ppf(1 - 5e-4))
    observed = np.bincount(np.clip(counts, low, high) - low, minlength=high - low + 1)
    expected = law.pmf(np.arange(low, high + 1))
    expected[0], expected[-1] = law.cdf(low), law.sf(high - 1)
    assert stats.chisquare(observed, n * expected / expected.sum()).pvalue > 1e-3


@pytest.mark.parametrize("photons", [3, 500])
def test_the_first_and_the_last_word_give_the_tails(photons):
    levels = torch.arange(256).to(torch.uint8)
    for word in (0, 2**32 - 1):
        found = poisson(levels, photons, torch.full((256,), word)).numpy()
        expected = stats.poisson.ppf((word + 0.5) / 2**32, np.arange(1, 256) * photons / 255)
        assert found[0] == 0
        np.testing.assert_array_equal(found[1:], expected)


def test_more_photons_than_white_are_white():
    levels = torch.full((1, 1, 96, 96), 255, dtype=torch.uint8)
    found = corrupt(levels, torch.tensor([0]), "shot-noise", 5)
    # Counts 0, 1, 2 of 3, and all from 3 on.
    assert set(found.unique().tolist()) == {0, 85, 170, 255}
