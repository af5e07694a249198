import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.mixing.mixup import MixUp, MixUpParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, soft_batch
from helpers.sampling import DRAWS, is_rate, random_partners, sample_many


def paper(images, targets, partner, share):
    """Equations (1) of the paper, one pair at a time: λ x_i + (1 - λ) x_j, and so the targets."""
    pairs = [(i, int(j), float(s)) for i, (j, s) in enumerate(zip(partner, share, strict=True))]
    mixed = [s * images[i] + (1 - s) * images[j] for i, j, s in pairs]
    labels = [s * targets[i] + (1 - s) * targets[j] for i, j, s in pairs]
    return np.stack(mixed), np.stack(labels)


@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 20), st.integers(1, 20)),
    share=st.lists(st.floats(0, 1, width=32), min_size=1, max_size=6),
    dtype=st.sampled_from([torch.uint8, torch.float32, torch.bfloat16]),
)
def test_equals_the_paper(seed, shape, share, dtype):
    n = len(share)
    batch = soft_batch(seed, n, shape, dtype)
    partner = random_partners(seed, n)
    found = MixUp().apply(batch, MixUpParams(partner, torch.tensor(share)))
    images = batch.images.double().numpy() / (255 if dtype == torch.uint8 else 1)
    mixed, labels = paper(images, batch.targets.double().numpy(), partner, share)
    assert found.images.dtype == torch.float32
    np.testing.assert_allclose(found.images.numpy(), mixed, atol=1e-6)
    np.testing.assert_allclose(found.targets.numpy(), labels, atol=1e-6)


def test_by_hand():
    images = torch.tensor([0.0, 0.5, 1.0]).view(3, 1, 1, 1)
    batch = distinct_batch(images)
    params = MixUpParams(torch.tensor([1, 2, 0]), torch.tensor([0.75, 0.5, 1.0]))
    found = MixUp().apply(batch, params)
    assert found.images.flatten().tolist() == [0.125, 0.75, 1.0]
    assert found.targets.tolist() == [[0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 1]]


def test_stored_maps_follow():
    batch = soft_batch(0, 5, (3, 6, 7))
    found = MixUp()(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    torch.testing.assert_close(move(batch.images.float() / 255), found.images)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_have_the_beta_distribution(alpha):
    share = sample_many(MixUp(alpha=alpha)).share.double().numpy()
    # Of the lower half only, as float32 has few numbers next to 1; the rest is its mirror image.
    lower = share[share < 0.5]
    assert abs(len(lower) / DRAWS - 0.5) < 4 * 0.5 / DRAWS**0.5
    cdf = stats.beta(alpha, alpha).cdf
    assert stats.kstest(lower, lambda x: 2 * cdf(x)).pvalue > 1e-4
    assert abs(share.mean() - 0.5) < 4 * stats.beta(alpha, alpha).std() / DRAWS**0.5


def test_p_is_the_rate_of_mixed_images():
    share = sample_many(MixUp(p=0.3)).share
    assert is_rate(share < 1, 0.3)
    assert stats.kstest(share[share < 1].numpy(), "uniform").pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
        ({"alpha": float("inf")}, "alpha: must be over 0, got inf"),
        ({"p": 1.1}, r"p: must lie in \[0, 1\], got 1.1"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        MixUp(**arguments)
