import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.shared.dirichlet import dirichlet, log_gamma
from augury.rng import Draws

N = 60_000
ALPHAS = [0.1, 0.5, 1.0, 2.5, 10.0]


@pytest.mark.parametrize("alpha", ALPHAS)
def test_the_quantile_is_scipys(alpha):
    steps = np.concatenate(
        [
            np.arange(2000),
            np.random.default_rng(0).integers(0, 2**24, 20_000),
            2**23 + np.arange(-50, 50),
            2**24 - 1 - np.arange(2000),
        ]
    )
    u = torch.from_numpy(steps).float() * 2.0**-24
    # The middle of each step of 2^-24; from above the median by the survival function.
    v = (steps + 0.5) * 2.0**-24
    expected = np.where(
        v < 0.5, stats.gamma(alpha).ppf(v), stats.gamma(alpha).isf((2**24 - steps - 0.5) * 2.0**-24)
    )
    assert np.abs(log_gamma(u, alpha).numpy() - np.log(expected)).max() < 2e-5


@pytest.mark.parametrize("alpha", ALPHAS)
def test_weights_are_dirichlet(alpha):
    """Each weight has a Beta distribution, and all covariances are those of the theory."""
    width = 3
    u = Draws(0, 0, torch.arange(N)).uniform("test", width)
    weights = dirichlet(u, alpha).double().numpy()
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    expected = stats.beta(alpha, (width - 1) * alpha)
    # For a small alpha many weights are so near 1 that float32 gives them one value.
    below = expected.cdf(0.999)
    for k in range(width):
        free = weights[weights[:, k] < 0.999, k]
        assert abs(len(free) / N - below) < 4 * (below * (1 - below) / N) ** 0.5 + 1e-5
        assert stats.kstest(free, lambda x: expected.cdf(x) / below).pvalue > 1e-4
    theory = (np.eye(width) / width - 1 / width**2) / (width * alpha + 1)
    # A covariance's standard error comes from the spread of the products that it is the mean of.
    centered = weights - weights.mean(0)
    products = centered[:, :, None] * centered[:, None, :]
    assert (np.abs(products.mean(0) - theory) < 4.5 * products.std(0) / N**0.5).all()


def test_equal_numbers_give_equal_weights():
    u = torch.full((2, 4), 0.3)
    torch.testing.assert_close(dirichlet(u, 0.7), torch.full((2, 4), 0.25))


def test_alpha_one_is_exponential_spacings():
    u = Draws(0, 0, torch.arange(1000)).uniform("test", 3)
    spacings = -np.log1p(-(u.double().numpy() + 2.0**-25))
    expected = spacings / spacings.sum(1, keepdims=True)
    np.testing.assert_allclose(dirichlet(u, 1.0).numpy(), expected, atol=1e-5)
