from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.augment.saliency.attentive_cutmix import AttentiveCutMix, AttentiveCutMixParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, make_batch


def best_pixels(saliency, grid, k):
    """(H, W) whole numbers -> (H, W) bool, pixels of the k cells of greatest mean, one by one."""
    height, width = saliency.shape
    rows, columns = min(grid, height), min(grid, width)
    cell_of = [[(r * rows // height) * columns + c * columns // width for c in range(width)]
               for r in range(height)]  # fmt: skip
    cell_of = np.array(cell_of)
    means = []
    for cell in range(rows * columns):
        inside = saliency[cell_of == cell]
        means.append(Fraction(int(inside.sum()), inside.size))
    best = sorted(range(len(means)), key=lambda cell: (-means[cell], cell))[:k]
    return np.isin(cell_of, best)


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 20), st.integers(1, 20)),
    n=st.integers(1, 6),
    grid=st.integers(1, 8),
    k=st.integers(1, 12),
    p=st.sampled_from([0.5, 1.0]),
    seed=st.integers(0, 10_000),
)
def test_equals_the_equations(shape, n, grid, k, p, seed):
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, *shape), dtype=np.uint8)
    # Few values, so that cells tie; the largest is 4 in each map, so that none is rounded.
    maps = generator.integers(0, 5, (n, *shape[1:]))
    maps[:, generator.integers(shape[1]), generator.integers(shape[2])] = 4
    batch = distinct_batch(
        torch.from_numpy(images), torch.from_numpy(generator.permutation(99)[:n])
    )
    draws = Draws(seed, 0, batch.ids)
    augment = AttentiveCutMix(lambda b: torch.from_numpy(maps), grid, k, p)
    partner = augment.sample(batch, draws).partner.tolist()
    found = augment(batch, draws)
    coin = draws.uniform("attentive-cutmix", 1)[:, 0].numpy()
    for i in range(n):
        pasted = best_pixels(maps[partner[i]], grid, k) & (coin[i] < p)
        expected = np.where(pasted, images[partner[i]], images[i])
        np.testing.assert_array_equal(found.images[i].numpy(), expected)
        share = 1 - pasted.mean()
        targets = share * np.eye(n)[i] + (1 - share) * np.eye(n)[partner[i]]
        np.testing.assert_allclose(found.targets[i].numpy(), targets, atol=1e-6)


def test_the_papers_cells_are_32_pixels_of_224():
    maps = torch.zeros(2, 224, 224)
    maps[:, 32:64, 192:224] = 1.0
    batch = distinct_batch(torch.zeros(2, 1, 224, 224))
    augment = AttentiveCutMix(lambda b: maps)
    params = augment.sample(batch, Draws(0, 0, batch.ids))
    # The salient cell is (1, 6); the other five are the first of those that are equal.
    expected = torch.zeros(7, 7, dtype=torch.bool)
    expected[0, :5] = expected[1, 6] = True
    assert torch.equal(params.cells, expected.expand(2, 7, 7))
    targets = augment.apply(batch, params).targets
    torch.testing.assert_close(targets[0], torch.tensor([43 / 49, 6 / 49]))


@pytest.mark.parametrize("as_float", [False, True])
def test_cells_by_hand(as_float):
    images = torch.stack((torch.zeros(1, 3, 5), torch.full((1, 3, 5), 51))).to(torch.uint8)
    if as_float:
        images = images.float() / 255
    cells = torch.zeros(2, 2, 2, dtype=torch.bool)
    cells[0, 0, 1] = True
    params = AttentiveCutMixParams(torch.tensor([1, 0]), cells)
    found = AttentiveCutMix(lambda b: b.images[:, 0]).apply(distinct_batch(images), params)
    # Rows 0 and 1 of 3, and columns 3 and 4 of 5, lie in the cells (0, .) and (., 1).
    expected = torch.zeros(3, 5, dtype=images.dtype)
    expected[:2, 3:] = images[1, 0, 0, 0]
    assert torch.equal(found.images[0, 0], expected)
    assert torch.equal(found.images[1], images[1])
    expected = torch.tensor([[11 / 15, 4 / 15], [0, 1]])
    torch.testing.assert_close(found.targets, expected)


def test_draws_match_the_documented_distribution():
    """40,000 draws: the rate is known to a point at 4 standard errors."""
    n = 40_000
    ids = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    batch = make_batch(torch.zeros(1, 1, 2, 2).expand(n, -1, -1, -1), ids=ids)
    for p in (1.0, 0.5, 0.1):
        augment = AttentiveCutMix(lambda b: b.images[:, 0] + 1, k=1, p=p)
        params = augment.sample(batch, Draws(3, 4, ids))
        mixed = params.cells.flatten(1).any(1).numpy()
        assert abs(mixed.mean() - p) <= 4.5 * (p * (1 - p) / n) ** 0.5
    partner = params.partner.numpy()
    assert sorted(partner) == list(range(n))
    assert (partner != np.arange(n)).all()
    together = np.stack([mixed, mixed[partner], partner, np.arange(n)])
    assert np.abs(np.corrcoef(together) - np.eye(4)).max() < 4.5 / n**0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": -1}, r"p: must lie in \[0, 1\], got -1"),
        ({"grid": 0}, "grid: must be a whole number, at least 1, got 0"),
        ({"k": 1.5}, "k: must be a whole number, at least 1, got 1.5"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        AttentiveCutMix(lambda b: b.images, **arguments)
