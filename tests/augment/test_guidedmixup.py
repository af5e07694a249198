import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, stats

from augury.augment.saliency.guidedmixup import GuidedMixup, GuidedMixupParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, make_batch


def smooth(saliency, sigma):
    """A 7×7 Gaussian, and then scaled to sum 1."""
    saliency = saliency.astype(np.float64)
    if sigma:
        taps = np.exp(-(np.arange(-3, 4) ** 2) / (2 * sigma**2))
        for axis in (0, 1):
            saliency = ndimage.correlate1d(saliency, taps / taps.sum(), axis, mode="mirror")
    total = saliency.sum()
    return saliency / total if total else np.full_like(saliency, 1 / saliency.size)


def farthest_next(maps, ids, start):
    """The circle of the paper's algorithm, of equal distances the smallest id first."""
    circle, left = [start], set(range(len(maps))) - {start}
    while left:
        last = maps[circle[-1]]
        nearest = min(left, key=lambda i: (-np.linalg.norm(maps[i] - last), ids[i]))
        circle.append(nearest)
        left.remove(nearest)
    return {i: circle[(place + 1) % len(circle)] for place, i in enumerate(circle)}


def check_circle(partner, maps, start):
    """Each step goes to a map as far away as any that is left, as far as rounding lets one tell."""
    at, left = start, set(range(len(maps))) - {start}
    while left:
        distances = {i: np.linalg.norm(maps[i] - maps[at]) for i in left}
        at = partner[at]
        assert distances[at] >= max(distances.values()) - 1e-6
        left.remove(at)
    assert partner[at] == start


def first_of(draws):
    """The row of the sample with the smallest draw."""
    return int(draws.bits("guidedmixup start", 1)[:, 0].argmin())


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 20), st.integers(1, 20)),
    n=st.integers(1, 8),
    blur=st.sampled_from([0.0, 1.0, 3.0]),
    p=st.sampled_from([0.5, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_equals_the_equations(shape, n, blur, p, seed):
    generator = np.random.default_rng(seed)
    images = generator.random((n, *shape)).astype(np.float32)
    maps = generator.random((n, *shape[1:])).astype(np.float32)
    maps *= generator.random(maps.shape) < 0.7
    maps[generator.random(n) < 0.1] = 0
    ids = generator.permutation(99)[:n]
    batch = distinct_batch(torch.from_numpy(images), torch.from_numpy(ids))
    draws = Draws(seed, 1, batch.ids)
    augment = GuidedMixup(lambda b: torch.from_numpy(maps), p, blur=blur)
    found = augment(batch, draws)
    partner = augment.sample(batch, draws).partner.tolist()
    coin = draws.uniform("guidedmixup", 1)[:, 0].numpy()
    scaled = [smooth(each, blur) for each in maps]
    check_circle(partner, scaled, first_of(draws))
    for i in range(n):
        own, other = scaled[i], scaled[partner[i]]
        mask = np.full_like(own, 0.5)
        np.divide(own, own + other, out=mask, where=own + other > 0)
        if coin[i] >= p:
            mask[:] = 1
        expected = mask * images[i] + (1 - mask) * images[partner[i]]
        np.testing.assert_allclose(found.images[i].numpy(), expected, atol=1e-5)
        targets = mask.mean() * np.eye(n)[i] + (1 - mask.mean()) * np.eye(n)[partner[i]]
        np.testing.assert_allclose(found.targets[i].numpy(), targets, atol=1e-5)


def test_equal_maps_are_paired_by_id():
    ids = torch.tensor([40, 10, 30, 20, 50])
    batch = distinct_batch(torch.zeros(5, 1, 4, 4), ids)
    draws = Draws(0, 0, ids)
    partner = GuidedMixup(lambda b: torch.ones(5, 4, 4)).sample(batch, draws).partner
    start = ids[first_of(draws)].item()
    rest = sorted(set(ids.tolist()) - {start})
    expected = dict(zip([start, *rest], [*rest, start], strict=True))
    assert ids[partner].tolist() == [expected[i] for i in ids.tolist()]


def test_the_start_of_the_circle_is_uniform():
    """3,000 epochs of a batch of four with equal maps: the start, and then the ids in order."""
    batch = distinct_batch(torch.zeros(4, 1, 1, 1))
    augment = GuidedMixup(lambda b: torch.ones(4, 1, 1), blur=0)
    circles = [
        tuple(augment.sample(batch, Draws(0, epoch, batch.ids)).partner.tolist())
        for epoch in range(3000)
    ]
    # From 0 and from 3 it is the same circle; from 1 it is 1, 0, 2, 3; from 2 it is 2, 0, 1, 3.
    expected = {(1, 2, 3, 0): 1500, (2, 0, 3, 1): 750, (1, 3, 0, 2): 750}
    assert set(circles) == set(expected)
    counts = [circles.count(circle) for circle in expected]
    assert stats.chisquare(counts, list(expected.values())).pvalue > 1e-3


def test_mask_by_hand():
    maps = torch.tensor([[[1.0, 3.0, 0.0, 0.0]], [[2.0, 2.0, 4.0, 0.0]]])
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1).expand(2, 1, 1, 4)
    batch = distinct_batch(images.contiguous())
    found = GuidedMixup(lambda b: maps, p=1.0, blur=0)(batch, Draws(0, 0, batch.ids))
    # Scaled to sum 1: 1/4, 3/4, 0, 0 and 1/4, 1/4, 1/2, 0. The shares of the first are:
    own = torch.tensor([1 / 2, 3 / 4, 0, 1 / 2])
    torch.testing.assert_close(found.images[:, 0, 0], torch.stack((1 - own, 1 - own)))
    share = 1.75 / 4
    expected = torch.tensor([[share, 1 - share], [share, 1 - share]])
    torch.testing.assert_close(found.targets, expected)


@pytest.mark.parametrize("as_float", [False, True])
def test_apply_by_hand(as_float):
    images = torch.tensor([[[[0, 102]]], [[[255, 204]]]], dtype=torch.uint8)
    if as_float:
        images = images.float() / 255
    mask = torch.tensor([[[0.25, 1.0]], [[1.0, 1.0]]])
    params = GuidedMixupParams(torch.tensor([1, 0]), mask)
    found = GuidedMixup(lambda b: b.images).apply(distinct_batch(images), params)
    torch.testing.assert_close(found.images[:, 0, 0], torch.tensor([[0.75, 0.4], [1.0, 0.8]]))
    assert found.targets.tolist() == [[0.625, 0.375], [0.0, 1.0]]


def test_large_images_are_paired_exactly():
    """Distances of 224×224 maps that differ in one pixel, in any order of the batch."""
    n = 6
    maps = torch.rand(1, 224, 224, generator=torch.Generator().manual_seed(0)).repeat(n, 1, 1)
    for i in range(n):
        maps[i, 0, i] += 3.0 + i
    images = torch.zeros(n, 1, 224, 224)
    ids = torch.arange(n) * 3 + 1
    draws = Draws(0, 0, ids)
    found = GuidedMixup(lambda b: maps, blur=0).sample(distinct_batch(images, ids), draws)
    expected = farthest_next([smooth(each, 0) for each in maps.numpy()], ids, first_of(draws))
    assert found.partner.tolist() == [expected[i] for i in range(n)]
    order = torch.randperm(n, generator=torch.Generator().manual_seed(1))
    again = GuidedMixup(lambda b: maps[order], blur=0).sample(
        distinct_batch(images, ids[order]), Draws(0, 0, ids[order])
    )
    assert torch.equal(ids[order][again.partner], ids[found.partner][order])
    assert torch.equal(again.mask, found.mask[order])


@pytest.mark.parametrize("pairing", ["greedy", "random"])
@pytest.mark.parametrize("even", [True, False])
def test_copies_pass_over_each_other(pairing, even):
    """Of thirty rows 21 show one image: no pair of these, and the order of the batch is nothing."""
    ids = torch.tensor([7] * 21 + [3] * 6 + [5, 8, 9])
    maps = torch.rand(10, 4, 4, generator=torch.Generator().manual_seed(0))[ids]
    augment = GuidedMixup(lambda b: torch.ones_like(maps) if even else maps[order], pairing=pairing)
    order = torch.arange(30)
    images = torch.zeros(30, 1, 4, 4)
    here = augment.sample(distinct_batch(images, ids), Draws(1, 1, ids)).partner
    assert (ids[here] != ids).all()
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    there = augment.sample(distinct_batch(images, ids[order]), Draws(1, 1, ids[order])).partner
    pairs = [
        sorted(zip(i.tolist(), i[p].tolist(), strict=True))
        for i, p in ((ids, here), (ids[order], there))
    ]
    assert pairs[0] == pairs[1]


def test_pairs_of_ids_that_come_once_are_those_of_every_study():
    """Computed before copies passed over each other."""
    ids = (torch.arange(20) * 37 + 5) % 101
    places = torch.arange(20)[:, None, None] * 7 + torch.arange(6)[:, None] * 5
    maps = ((places + torch.arange(5) * 11) ** 2 % 23).float()
    augment = GuidedMixup(lambda b: maps, blur=0)
    found = augment.sample(distinct_batch(torch.zeros(20, 1, 6, 5), ids), Draws(2, 3, ids))
    assert found.partner.tolist() == [
        *(11, 13, 14, 15, 16, 17, 10, 0, 19, 2, 9, 4, 5, 6, 18, 8, 3, 1, 7, 12)
    ]


def test_draws_match_the_documented_distribution():
    """40,000 draws: the rate is known to a point at 4 standard errors."""
    n = 40_000
    ids = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    batch = make_batch(torch.zeros(1, 1, 1, 1).expand(n, -1, -1, -1), ids=ids)
    for p in (1.0, 0.8, 0.5):
        augment = GuidedMixup(lambda b: b.images[:, 0] + 1, p=p, pairing="random")
        params = augment.sample(batch, Draws(3, 4, ids))
        # Even maps: half of each.
        mixed = params.mask[:, 0, 0].numpy() == 0.5
        assert (mixed | (params.mask[:, 0, 0].numpy() == 1)).all()
        assert abs(mixed.mean() - p) <= 4.5 * (p * (1 - p) / n) ** 0.5
    partner = params.partner.numpy()
    assert sorted(partner) == list(range(n))
    assert (partner != np.arange(n)).all()
    together = np.stack([mixed, mixed[partner], partner, np.arange(n)])
    assert np.abs(np.corrcoef(together) - np.eye(4)).max() < 4.5 / n**0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 1.1}, r"p: must lie in \[0, 1\], got 1.1"),
        ({"blur": -1}, "blur: must be at least 0 pixels, got -1"),
        ({"pairing": "gready"}, "unknown pairing 'gready'. Did you mean 'greedy'"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        GuidedMixup(lambda b: b.images, **arguments)
