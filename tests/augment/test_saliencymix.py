import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from augury.augment.saliency.saliencymix import SaliencyMix, SaliencyMixParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, make_batch


def random_batch(shape, n, seed):
    generator = np.random.default_rng(seed)
    images = torch.from_numpy(generator.integers(0, 256, (n, *shape), dtype=np.uint8))
    maps = torch.from_numpy(generator.integers(0, 6, (n, *shape[1:])).astype(np.float32))
    return distinct_batch(images, torch.from_numpy(generator.permutation(1000)[:n])), maps


def paper_mix(target, source, saliency, lam):
    """One image by the paper's equations: the mixed image and the share that is the target's."""
    height, width = saliency.shape
    side = np.sqrt(1 - np.float64(lam))
    box_height, box_width = int(np.rint(height * side)), int(np.rint(width * side))
    row, column = np.unravel_index(np.argmax(saliency), saliency.shape)
    top, left = row - box_height // 2, column - box_width // 2
    top, bottom = np.clip([top, top + box_height], 0, height)
    left, right = np.clip([left, left + box_width], 0, width)
    mixed = target.copy()
    mixed[:, top:bottom, left:right] = source[:, top:bottom, left:right]
    return mixed, 1 - (bottom - top) * (right - left) / (height * width)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 20), st.integers(1, 20)),
    n=st.integers(1, 9),
    p=st.sampled_from([0.5, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_equals_the_equations(shape, n, p, seed):
    batch, maps = random_batch(shape, n, seed)
    draws = Draws(seed, 0, batch.ids)
    augment = SaliencyMix(lambda b: maps, p=p)
    partner = augment.sample(batch, draws).partner.tolist()
    found = augment(batch, draws)
    coin, lam = draws.uniform("saliencymix", 2).T.numpy()
    for i in range(n):
        image, other = batch.images[i].numpy(), batch.images[partner[i]].numpy()
        expected, share = image, 1.0
        if coin[i] < p:
            expected, share = paper_mix(image, other, maps[partner[i]].numpy(), lam[i])
        np.testing.assert_array_equal(found.images[i].numpy(), expected)
        targets = share * np.eye(n)[i] + (1 - share) * np.eye(n)[partner[i]]
        np.testing.assert_allclose(found.targets[i].numpy(), targets, atol=1e-6)


def test_one_box_for_all_is_that_of_the_smallest_id():
    batch, maps = random_batch((3, 16, 12), 8, 5)
    draws = Draws(0, 0, batch.ids)
    augment = SaliencyMix(lambda b: maps, p=1.0, shared_box=True)
    partner = augment.sample(batch, draws).partner.tolist()
    found = augment(batch, draws)
    first = int(np.argmin(batch.ids.numpy()))
    lam = draws.uniform("saliencymix", 2)[first, 1].item()
    for i in range(8):
        expected, share = paper_mix(
            batch.images[i].numpy(),
            batch.images[partner[i]].numpy(),
            maps[partner[first]].numpy(),
            lam,
        )
        assert 0 < share < 1
        np.testing.assert_array_equal(found.images[i].numpy(), expected)
        assert float(found.targets[i, i]) == pytest.approx(share, abs=1e-6)


def test_one_box_for_all_is_a_coin_for_all():
    batch, maps = random_batch((1, 8, 8), 5, 1)
    augment = SaliencyMix(lambda b: maps, shared_box=True)
    mixed = [
        (augment.sample(batch, Draws(0, epoch, batch.ids)).height > 0) for epoch in range(2000)
    ]
    assert all(row.all() or not row.any() for row in mixed)
    # λ over 1 - (½ / 8)² gives a box of less than half a pixel, which is none.
    rate = np.mean([row.all() for row in mixed])
    assert abs(rate - 0.5 * (1 - 1 / 256)) < 4.5 * 0.5 / 2000**0.5


@pytest.fixture(scope="module")
def drawn():
    """40,000 draws for images of one row of 1000 pixels: wide enough to see λ by the box."""
    n = 40_000
    image = torch.zeros(1, 1, 1, 1000, dtype=torch.uint8)
    ids = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    batch = make_batch(image.expand(n, -1, -1, -1), ids=ids)
    maps = torch.zeros(1, 1, 1000).expand(n, -1, -1)

    def draw(**arguments):
        return SaliencyMix(lambda b: maps, **arguments).sample(batch, Draws(1, 2, ids))

    return draw


@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_lambda_has_its_distribution(drawn, alpha):
    width = drawn(p=1.0, alpha=alpha).width.numpy()
    # A box of w pixels stands for all sides from w - ½ to w + ½, thus for a range of λ; a uniform
    # place between the quantiles of its ends is uniform over all.
    high, low = (1 - np.clip((width + more) / 1000, 0, 1) ** 2 for more in (-0.5, 0.5))
    cdf = stats.beta(alpha, alpha).cdf
    place = cdf(low) + (cdf(high) - cdf(low)) * np.random.default_rng(0).random(len(width))
    assert stats.kstest(place, "uniform").pvalue > 1e-3


def test_p_is_the_share_of_mixed_images(drawn):
    n = 40_000
    for p in (0.5, 0.1):
        mixed = drawn(p=p).width.numpy() > 0
        assert abs(mixed.mean() - p) < 4.5 * (p * (1 - p) / n) ** 0.5
    assert not (drawn(p=0.0).width > 0).any()


def test_coin_lambda_and_partner_are_independent(drawn):
    params = drawn(p=0.5)
    mixed = params.width.numpy() > 0
    lam = drawn(p=1.0).width.numpy()
    partner = params.partner.numpy()
    assert sorted(partner) == list(range(40_000))
    assert (partner != np.arange(40_000)).all()
    together = np.stack([mixed, lam, mixed[partner], lam[partner], partner, np.arange(40_000)])
    assert np.abs(np.corrcoef(together) - np.eye(6)).max() < 4.5 / 40_000**0.5


@pytest.mark.parametrize("as_float", [False, True])
def test_box_by_hand(as_float):
    images = torch.zeros(2, 1, 4, 4, dtype=torch.uint8)
    images[1] = 51
    if as_float:
        images = images.float() / 255
    params = SaliencyMixParams(
        partner=torch.tensor([1, 0]),
        top=torch.tensor([-1, 3]),
        left=torch.tensor([1, 2]),
        height=torch.tensor([2, 0]),
        width=torch.tensor([2, 0]),
    )
    found = SaliencyMix(lambda b: b.images[:, 0]).apply(distinct_batch(images), params)
    expected = torch.zeros(4, 4, dtype=images.dtype)
    expected[0, 1:3] = images[1, 0, 0, 0]
    assert torch.equal(found.images[0, 0], expected)
    assert torch.equal(found.images[1], images[1])
    assert found.targets.tolist() == [[0.875, 0.125], [0.0, 1.0]]


def test_of_equal_pixels_the_first_is_the_center():
    maps = torch.zeros(3, 6, 8)
    maps[:, 2, 5] = maps[:, 4, 1] = 7.0
    batch = distinct_batch(torch.zeros(3, 1, 6, 8))
    params = SaliencyMix(lambda b: maps, p=1.0).sample(batch, Draws(0, 0, batch.ids))
    assert (params.top + params.height // 2).tolist() == [2, 2, 2]
    assert (params.left + params.width // 2).tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        SaliencyMix(lambda b: b.images, **arguments)
