import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.shared.beta import beta
from augury.rng import Draws


@pytest.mark.parametrize("alpha", [0.1, 0.2, 0.5, 1.0, 2.0, 10.0])
def test_is_scipys_quantile_function(alpha):
    u = torch.cat((Draws(0, 0, torch.arange(5000)).uniform("u", 1)[:, 0], torch.tensor([0, 0.5])))
    found = beta(u, alpha).double().numpy()
    middle = u.double().numpy() + (2.0**-25 if alpha != 1 else 0)
    expected = stats.beta(alpha, alpha).ppf(middle)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_draws_have_the_distribution(alpha):
    """50,000 draws; only the lower half, as float32 has few numbers next to 1."""
    u = Draws(3, 1, torch.arange(50_000)).uniform("u", 1)[:, 0]
    found = beta(u, alpha).double().numpy()
    lower = found[found < 0.5]
    assert abs(len(lower) / 50_000 - 0.5) < 4 * 0.5 / 50_000**0.5
    cdf = stats.beta(alpha, alpha).cdf
    assert stats.kstest(lower, lambda x: 2 * cdf(x)).pvalue > 1e-4


def test_ends_stay_inside():
    u = torch.tensor([0.0, 1 - 2.0**-24])
    for alpha in (0.05, 0.3, 1.0, 8.0):
        found = beta(u, alpha)
        assert (found >= 0).all()
        assert (found <= 1).all()


def test_it_compiles_in_one_piece():
    u = torch.rand(50, generator=torch.Generator().manual_seed(0))
    torch.compiler.reset()
    compiled = torch.compile(lambda u: beta(u, 0.4), backend="eager", fullgraph=True)
    assert torch.equal(compiled(u), beta(u, 0.4))
