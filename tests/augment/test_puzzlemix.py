from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from puzzle_gap import energies, gaps, noise, photographs
from puzzle_reference import (
    Tables,
    lowest_by_cut,
    lowest_by_enumeration,
    masked_transport,
    part,
    pooled,
    tables,
)
from scipy import ndimage, stats

from augury.augment.saliency.puzzle_cells import Cut, finer
from augury.augment.saliency.puzzle_solver import energy as energy_of
from augury.augment.saliency.puzzle_solver import minimize
from augury.augment.saliency.puzzle_transport import plan
from augury.augment.saliency.puzzlemix import PuzzleMix, PuzzleMixParams
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, make_batch
from helpers.sampling import is_rate, sample_many


@settings(max_examples=40)
@given(
    channels=st.sampled_from([1, 3]),
    size=st.tuples(st.integers(1, 19), st.integers(1, 19)),
    side=st.integers(2, 16),
    beta=st.floats(0.1, 4),
    gamma=st.floats(0, 1),
    eta=st.floats(0, 1),
    seed=st.integers(0, 10_000),
)
def test_the_energy_equals_the_equation(channels, size, side, beta, gamma, eta, seed):
    generator = np.random.default_rng(seed)
    images = generator.random((3, channels, *size))
    maps = generator.exponential(size=(3, *size)) * generator.integers(0, 2, (3, 1, 1))
    partner, lam = generator.permutation(3), generator.choice([0, 0.2, 0.9, 1], 3)
    found = energies(images, maps, partner, lam, side, beta, gamma, eta)
    levels = generator.integers(0, 3, found.first.shape)
    above = energy_of(
        torch.from_numpy(levels).float(), found.first, found.second, found.weight
    ).numpy()
    for i in range(3):
        pair = [i, partner[i]]
        expected = tables(images[pair], maps[pair], lam[i], side, beta, gamma, eta)
        zero = expected.energy(np.zeros_like(levels[..., i]))
        assert above[i] == pytest.approx(expected.energy(levels[..., i]) - zero, rel=1e-4, abs=1e-4)
    assert (found.first <= found.second).all()
    assert (found.weight >= 0).all()


def random_tables(side, generator):
    """An energy of the kind that is minimized, with no image behind it: harder than those are."""
    slopes = generator.normal(size=(side, side, 1)) * 2 + generator.normal()
    unary = np.concatenate((np.zeros_like(slopes), slopes, 2 * slopes + 0.3), axis=-1)
    a, b = np.meshgrid(range(3), range(3), indexing="ij")
    pairs = []
    for r, c in np.ndindex(side, side):
        for other in ((r + 1, c), (r, c + 1)):
            if max(other) < side:
                pairs.append(((r, c), other, generator.exponential() * 0.5 * (a - b) ** 2))
    return Tables(unary, pairs)


def as_tensors(many):
    """(first, second, weight) of a list of such tables, whose pairs have no linear part."""
    slopes = np.diff(np.stack([one.unary for one in many], -1), axis=2)
    weight = np.zeros((2, *many[0].unary.shape[:2], len(many)))
    for i, one in enumerate(many):
        for (r, c), other, cost in one.pairs:
            weight[int(other[0] == r), r, c, i] = cost[1, 0]
    found = slopes[:, :, 0], slopes[:, :, 1], weight
    return [torch.from_numpy(each).float().contiguous() for each in found]


@pytest.mark.parametrize("side", [2, 3])
def test_small_masks_are_optimal_among_all(side):
    generator = np.random.default_rng(side)
    many = [random_tables(side, generator) for _ in range(40)]
    levels = minimize(*as_tensors(many)).int().numpy()
    for i, one in enumerate(many):
        lowest = one.energy(lowest_by_enumeration(one))
        assert one.energy(lowest_by_cut(one)) == pytest.approx(lowest, abs=1e-4)
        assert one.energy(levels[..., i]) == pytest.approx(lowest, abs=1e-4)


@pytest.mark.parametrize(("side", "n"), [(2, 40), (4, 40), (8, 20), (16, 14)])
@pytest.mark.parametrize("source", [noise, photographs])
def test_masks_are_optimal_but_for_a_ten_thousandth(source, side, n):
    found = gaps(*source(n), side, seed=side)
    assert found.min() > -1e-5
    assert found.mean() < 1e-5
    assert found.max() < 2e-4
    assert (found < 1e-6).mean() >= 0.9


def test_a_mask_has_the_same_bits_in_any_batch():
    found = energies(*noise(37), np.roll(np.arange(37), 1), np.linspace(0, 1, 37), 16)
    whole = minimize(found.first, found.second, found.weight)
    for rows in (slice(0, 1), slice(1, 18), slice(18, 37)):
        alone = minimize(found.first[..., rows], found.second[..., rows], found.weight[..., rows])
        assert torch.equal(alone, whole[..., rows])


def sampled(images, maps, seed=0, **arguments):
    augment = PuzzleMix(lambda batch: torch.from_numpy(maps), **arguments)
    batch = Batch(
        torch.from_numpy(images).float(), torch.eye(len(images)), torch.arange(len(images))
    )
    return augment, batch, augment.sample(batch, Draws(seed, 0, batch.ids))


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (7, 5), (24, 20), (32, 32)])
def test_each_sample_has_the_lowest_mask_of_its_own_grid(size):
    images, maps = (array[..., : size[0], : size[1]] for array in noise(24))
    _, _, params = sampled(images, maps, transport=False)
    assert set(params.side.tolist()) == {2, 4, 8, 16}
    for i, side in enumerate(params.side.tolist()):
        pair = [i, int(params.partner[i])]
        one = tables(images[pair], maps[pair], float(params.lam[i]), side)
        cells = one.unary.shape[:2]
        rows, columns = np.indices(size)
        cell_of = part(rows, size[0], cells[0]), part(columns, size[1], cells[1])
        mask = params.mask[i].numpy()
        levels = np.zeros(cells, dtype=int)
        levels[cell_of] = mask * 2
        assert np.array_equal(levels[cell_of] / 2, mask), "cells are of one value"
        lowest = one.energy(lowest_by_cut(one))
        assert one.energy(levels) == pytest.approx(lowest, rel=2e-4, abs=1e-4)


def test_pixels_follow_the_nearest_cell():
    values = torch.arange(2 * 4 * 4).view(2, 4, 4).float()
    for size in ((5, 9), (4, 4), (32, 24)):
        found = Cut.of(size, [(4, 4), (2, 4)], torch.tensor([0, 1])).spread(values)
        assert torch.equal(found[0], F.interpolate(values[:1, None], size)[0, 0])
        assert torch.equal(found[1], F.interpolate(values[1:, None, :2], size)[0, 0])


def test_a_mask_without_saliency_or_edges_is_what_lambda_makes_likeliest():
    images, maps = np.full((60, 1, 32, 32), 0.5), np.zeros((60, 32, 32))
    _, _, params = sampled(images, maps)
    share = params.mask.mean((1, 2))
    # The mode of a binomial of two: its odds against one step less are 2 (1 - λ) / λ, (1 - λ) / 2λ.
    expected = ((params.lam > 1 / 3).float() + (params.lam > 2 / 3).float()) / 2
    assert torch.equal(share, expected)


def test_the_image_shows_where_it_is_salient():
    maps = np.full((2, 16, 16), 0.1)
    maps[0, :, :8] = maps[1, :, 8:] = 1
    images = np.full((2, 1, 16, 16), 0.5)
    found = energies(images, maps, np.array([1, 0]), np.array([0.5, 0.5]), 4)
    levels = minimize(found.first, found.second, found.weight)
    assert torch.equal(levels[..., 0], torch.tensor([2.0, 2, 0, 0]).expand(4, 4))
    assert torch.equal(levels[..., 1], torch.tensor([0.0, 0, 2, 2]).expand(4, 4))


def salient_cells(cells, n, seed):
    """Saliencies, places that show (smooth masks, the authors' z > 0) and the price of a move."""
    generator = np.random.default_rng(seed)
    saliency = generator.exponential(size=(n, *cells))
    saliency /= saliency.sum((1, 2), keepdims=True)
    blurred = ndimage.gaussian_filter(generator.normal(size=(n, *cells)), (0, 1, 1))
    price = 0.8 / (max(cells) - 1) ** 2
    return saliency.astype(np.float32), blurred > 0, price


@pytest.mark.parametrize("cells", [(8, 8), (16, 16), (5, 12)])
def test_moves_are_those_of_the_papers_algorithm(cells):
    n = 60
    saliency, shown, price = salient_cells(cells, n, seed=sum(cells))
    # Farther moves than √18 cells are left out.
    near = saliency.max((1, 2)) < 19 * price
    assert near.mean() > 0.5
    found = plan(torch.from_numpy(saliency), torch.from_numpy(shown), torch.full((n,), price))
    moved = 0
    for i in np.flatnonzero(near):
        expected = masked_transport(saliency[i].astype(float), shown[i], 0.8, rounds=60)
        for place in np.flatnonzero(shown[i]):
            assert found[i].flatten()[place] == expected[place]
            moved += expected[place] != place
    assert moved > n, "so that something is compared"


def test_a_shown_place_never_loses_and_no_cell_shows_twice():
    saliency, shown, price = salient_cells((16, 16), 100, seed=3)
    found = plan(torch.from_numpy(saliency), torch.from_numpy(shown), torch.full((100,), price))
    for i in range(100):
        source = found[i].flatten().numpy()
        places = np.flatnonzero(shown[i])
        assert len(set(source[places])) == len(places)
        assert (saliency[i].flatten()[source[places]] >= saliency[i].flatten()[places]).all()
        hidden = np.flatnonzero(~shown[i])
        assert (source[hidden] == hidden).all()


def test_a_salient_cell_moves_next_door_when_it_is_worth_the_price():
    saliency = torch.tensor([0.1, 0.1, 0.5, 0.3]).view(1, 1, 4)
    shown = torch.tensor([True, True, False, False]).view(1, 1, 4)

    def moved(price):
        return plan(saliency, shown, torch.tensor([price])).flatten().tolist()

    # A place takes the cell that leaves it most: 0.5 - d² price against 0.3 - d² price and 0.1.
    assert moved(1.0) == [0, 1, 2, 3]
    assert moved(0.35) == [0, 2, 2, 3]
    assert moved(0.01) == [3, 2, 2, 3]


@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    cells=st.tuples(st.integers(1, 16), st.integers(1, 16)),
    seed=st.integers(0, 10_000),
)
def test_pixels_move_with_their_cells(size, cells, seed):
    cells = min(cells[0], size[0]), min(cells[1], size[1])
    source = np.random.default_rng(seed).integers(0, cells[0] * cells[1], cells)
    cut = Cut.of(size, [cells], torch.tensor([0]))
    found = cut.moved_pixels(torch.from_numpy(source)[None])[0].numpy()
    rows = [
        np.flatnonzero(part(np.arange(size[0]), size[0], cells[0]) == r) for r in range(cells[0])
    ]
    columns = [
        np.flatnonzero(part(np.arange(size[1]), size[1], cells[1]) == c) for c in range(cells[1])
    ]
    for r, c in np.ndindex(cells):
        from_row, from_column = divmod(source[r, c], cells[1])
        for i, y in enumerate(rows[r]):
            for j, x in enumerate(columns[c]):
                there = rows[from_row], columns[from_column]
                expected = [
                    line[min(k, len(line) - 1)] for line, k in zip(there, (i, j), strict=True)
                ]
                assert found[y, x] == expected[0] * size[1] + expected[1]


def test_cells_that_move_are_of_the_size_asked_for():
    assert [finer((n, n), (32, 32), 4, 16) for n in (2, 4, 8, 16)] == [(8, 8)] * 3 + [(16, 16)]
    assert [finer((n, n), (224, 224), 4, 16) for n in (2, 4, 8, 16)] == [(16, 16)] * 4
    assert finer((4, 4), (64, 48), 4, 16) == (16, 12)
    assert finer((5, 3), (5, 3), 4, 16) == (5, 3)


def test_sampled_moves_are_those_of_mask_and_saliency():
    images, maps = photographs(24)
    _, _, params = sampled(images, maps)
    checked = 0
    for i in range(24):
        cells = finer((int(params.side[i]),) * 2, (32, 32), 4, 16)
        block = 32 // cells[0]
        mask = params.mask[i].numpy()[::block, ::block]
        for image, shown, pixels in (
            (i, mask > 0, params.own[i]),
            (int(params.partner[i]), mask < 1, params.other[i]),
        ):
            saliency = pooled(maps[image], cells)
            if saliency.max() >= 19 * 0.8 / (cells[0] - 1) ** 2:
                continue
            winner = masked_transport(saliency, shown, 0.8, rounds=60)
            corners = pixels.numpy()[::block, ::block]
            for place in np.flatnonzero(shown):
                row, column = divmod(winner[place], cells[1])
                assert corners.flatten()[place] == row * block * 32 + column * block
                checked += 1
    assert checked > 1000


def hand_params(**changes):
    params = PuzzleMixParams(
        partner=torch.tensor([1, 0]),
        lam=torch.tensor([0.5, 0.5]),
        side=torch.tensor([2, 2]),
        mask=torch.tensor([[[1, 0.5], [0, 0]], [[1, 1], [1, 1]]]),
    )
    return replace(params, **changes)


@pytest.mark.parametrize("as_uint8", [False, True])
def test_hand_computed_pixels(as_uint8):
    images = torch.tensor([[[[0, 20], [40, 60]]], [[[100, 120], [140, 160]]]], dtype=torch.uint8)
    images = images if as_uint8 else images / 255
    batch = distinct_batch(images)
    augment = PuzzleMix(lambda b: b.images[:, 0])
    still = augment.apply(batch, hand_params())
    expected = torch.tensor([[[[0.0, 70], [140, 160]]], [[[100, 120], [140, 160]]]]) / 255
    torch.testing.assert_close(still.images, expected)
    torch.testing.assert_close(still.targets, torch.tensor([[0.375, 0.625], [0, 1]]))
    own = torch.tensor([[[3, 1], [2, 0]], [[0, 1], [2, 3]]])
    other = torch.tensor([[[0, 2], [1, 3]], [[0, 1], [2, 3]]])
    moved = augment.apply(batch, hand_params(own=own, other=other))
    expected = torch.tensor([[[[60.0, 80], [120, 160]]], [[[100, 120], [140, 160]]]]) / 255
    torch.testing.assert_close(moved.images, expected)
    assert torch.equal(moved.targets, still.targets)
    # What was done to the pixels is done to stored maps.
    for found in (still, moved):
        (move,) = found.moves
        torch.testing.assert_close(move(to_float(images)), found.images)


def even_maps(batch):
    """For images of one pixel."""
    return torch.ones(len(batch), 1, 1)


def test_shares_and_grids_are_drawn_as_documented():
    params = sample_many(PuzzleMix(even_maps))
    assert stats.kstest(params.lam.numpy(), "uniform").pvalue > 1e-3
    counts = np.unique(params.side.numpy(), return_counts=True)
    assert counts[0].tolist() == [2, 4, 8, 16]
    assert stats.chisquare(counts[1]).pvalue > 1e-3
    together = np.corrcoef(params.lam.numpy(), params.side.numpy())[0, 1]
    assert abs(together) < 4.5 / len(params.lam) ** 0.5
    skewed = sample_many(PuzzleMix(even_maps, alpha=0.4, grid=(3, 5)))
    assert stats.kstest(skewed.lam.numpy(), stats.beta(0.4, 0.4).cdf).pvalue > 1e-3
    assert is_rate(skewed.side == 3, 0.5)


def test_as_many_images_are_mixed_as_p_says():
    generator = torch.Generator().manual_seed(0)
    # Of λ below 1/3 every mask of even maps is 0, of a mixed image.
    params = sample_many(PuzzleMix(even_maps, p=0.3))
    low = params.lam < 0.3
    assert is_rate(params.mask[low].flatten() == 0, 0.3)
    images = torch.rand(40, 3, 16, 16, generator=generator)
    batch = make_batch(images)
    never = PuzzleMix(lambda b: b.images[:, 0], p=0.0)(batch, Draws(0, 0, batch.ids))
    assert torch.equal(never.images, images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
        ({"grid": ()}, r"grid: must be whole numbers in 2..16, got \(\)"),
        ({"grid": (4, 32)}, r"grid: must be whole numbers in 2..16, got \(4, 32\)"),
        ({"grid": (2.5,)}, "grid: must be whole numbers in 2..16"),
        ({"beta": -1}, "beta: must be over 0, got -1"),
        ({"gamma": 1.5}, r"gamma: must lie in \[0, 1\], got 1.5"),
        ({"eta": -0.1}, "eta: must be at least 0, got -0.1"),
        ({"t_size": 0}, "t_size: must be a whole number of pixels, got 0"),
        ({"t_size": 2.5}, "t_size: must be a whole number of pixels, got 2.5"),
        ({"t_eps": 0}, "t_eps: must be over 0, got 0"),
        ({"p": 2}, r"p: must lie in \[0, 1\], got 2"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        PuzzleMix(lambda batch: batch.images[:, 0], **arguments)
