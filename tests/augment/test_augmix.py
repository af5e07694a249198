from functools import cache

import autoaugment as reference
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from augury.augment.policies.augmix import AugMix, AugMixParams
from augury.augment.policies.operations import OPERATIONS
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import DRAWS, sample_many

SIDE = 33
PAPER = sorted(
    [*reference.MOVES, "posterize", "solarize", "autocontrast", "equalize"], key=OPERATIONS.index
)
STRENGTHS = ["brightness", "saturation", "contrast", "sharpness"]


@cache
def drawn():
    return sample_many(AugMix(), size=(SIDE, SIDE), channels=1)


def magnitudes(params, name):
    """Of all chains' layers of this operation, one a layer."""
    return params.magnitude[params.operation == OPERATIONS.index(name)].double().numpy()


def authors_magnitudes(name, level):
    """The arithmetic of the authors' `augmentations.py`, at levels on its scale to 10."""

    def int_parameter(top):
        return (level * top / 10).astype(int)

    return {
        "shear-x": level * 0.3 / 10,
        "shear-y": level * 0.3 / 10,
        "translate-x": int_parameter(SIDE / 3),
        "translate-y": int_parameter(SIDE / 3),
        "rotate": int_parameter(30),
        "posterize": 4 - int_parameter(4),
        "solarize": 256 - int_parameter(256),
        # ImageEnhance's factor, and ours less 1.
        **dict.fromkeys(STRENGTHS, level * 1.8 / 10 + 0.1 - 1),
    }[name]


@pytest.mark.parametrize("severity", [3.0, 10.0])
@pytest.mark.parametrize("name", [*reference.MOVES, "posterize", "solarize", *STRENGTHS])
def test_magnitudes_are_the_authors(name, severity):
    augmix = AugMix(severity=severity, all_operations=True)
    batch = make_batch(torch.zeros(1, 1, SIDE, SIDE).expand(20_000, -1, -1, -1))
    found = magnitudes(augmix.sample(batch, Draws(1, 0, batch.ids)), name)
    level = np.random.default_rng(0).uniform(0.1, severity, 100_000)
    expected = authors_magnitudes(name, level)
    if name in reference.MOVES:
        assert abs((found[found != 0] < 0).mean() - 0.5) < 4 * 0.5 / (found != 0).sum() ** 0.5
        found = np.abs(found)
    if name == "solarize":
        # Ours is not whole; the levels that are inverted are the same.
        found = np.ceil(found)
    assert found.min() >= expected.min() - 1e-5
    assert found.max() <= expected.max() + 1e-5
    if len(np.unique(expected)) < 40:
        values = np.unique(expected)
        both = [[np.isclose(each, v).sum() for v in values] for each in (found, expected)]
        assert sum(both[0]) == len(found)
        assert stats.chi2_contingency(both).pvalue > 1e-4
    else:
        assert stats.ks_2samp(found, expected).pvalue > 1e-4


def test_operations_are_uniform_and_chains_independent():
    params = drawn()
    assert params.operation.shape == (DRAWS, 3, 3)
    first = params.operation[:, :, 0].numpy()
    counts = np.bincount(first.ravel(), minlength=14)
    assert [OPERATIONS[k] for k in counts.nonzero()[0]] == PAPER
    assert stats.chisquare(counts[counts > 0]).pvalue > 1e-4
    pairs = [first[:, :2].T, first[:, 1:].T, (first[:-1, 0], first[1:, 0])]
    second = params.operation[:, 0, 1].numpy()
    long = second > 0
    pairs.append((first[long, 0], second[long]))
    for one, other in pairs:
        together = np.zeros((14, 14))
        np.add.at(together, (one, other), 1)
        together = together[together.sum(1) > 0][:, together.sum(0) > 0]
        assert together.shape == (9, 9)
        assert stats.chi2_contingency(together).pvalue > 1e-4


def test_all_operations_are_thirteen():
    params = sample_many(AugMix(all_operations=True, depth=(1, 1)))
    counts = np.bincount(params.operation.ravel().numpy(), minlength=14)
    assert counts[0] == 0
    assert stats.chisquare(counts[1:]).pvalue > 1e-4


@pytest.mark.parametrize("depth", [(1, 3), (2, 2), (2, 5)])
def test_depths_are_uniform(depth):
    """A chain's layers beyond its depth do nothing; no operation of a chain is the identity."""
    operation = sample_many(AugMix(width=2, depth=depth), channels=1).operation.numpy()
    found = (operation > 0).sum(2)
    assert ((operation > 0) == (np.arange(depth[1]) < found[..., None])).all()
    together = np.zeros((depth[1] + 1,) * 2)
    np.add.at(together, tuple(found.T), 1)
    together = together[depth[0] :, depth[0] :]
    assert together.sum() == DRAWS
    assert stats.chisquare(together.ravel()).pvalue > 1e-4 or together.size == 1


@pytest.mark.parametrize(("alpha", "width"), [(1.0, 3), (0.5, 2), (4.0, 4)])
def test_weights_and_share(alpha, width):
    params = sample_many(AugMix(alpha=alpha, width=width, depth=(1, 1)), channels=1)
    weights, m = params.weights.double().numpy(), params.m.double().numpy()
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    marginal = stats.beta(alpha, (width - 1) * alpha)
    for column in weights.T:
        assert stats.kstest(column, marginal.cdf).pvalue > 1e-4
    assert stats.kstest(m, stats.beta(alpha, alpha).cdf).pvalue > 1e-4
    for column in weights.T:
        assert stats.spearmanr(m, column).pvalue > 1e-3


# Magnitudes for which interpolation is exact, so that chains are equal to the last level.
STEPS = [
    *[("translate-x", 2.0), ("translate-y", -3.0), ("shear-x", 0.25), ("shear-y", -0.5)],
    *[("rotate", 90.0), ("posterize", 3.0), ("solarize", 200.0), ("autocontrast", 0.0)],
    *[("equalize", 0.0), ("identity", 0.0), ("sharpness", 0.7)],
]


@settings(max_examples=40, deadline=None)
@given(
    chains=st.lists(
        st.lists(st.sampled_from(STEPS), min_size=3, max_size=3), min_size=1, max_size=4
    ),
    m=st.floats(0, 1, width=32),
    channels=st.sampled_from([1, 3]),
    as_float=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_equals_the_paper(chains, m, channels, as_float, seed):
    """The pseudocode of the paper, one image."""
    generator = np.random.default_rng(seed)
    image = generator.integers(0, 256, (channels, 8, 8)).astype(np.uint8)
    weights = generator.dirichlet(np.ones(len(chains))).astype(np.float32)
    params = AugMixParams(
        operation=torch.tensor([[[OPERATIONS.index(name) for name, _ in c] for c in chains]]),
        magnitude=torch.tensor([[[magnitude for _, magnitude in c] for c in chains]]),
        weights=torch.from_numpy(weights)[None],
        m=torch.tensor([m]),
    )
    images = torch.from_numpy(image)[None]
    batch = make_batch(images.float() / 255 if as_float else images)
    found = AugMix().apply(batch, params)
    mixture = sum(
        w * reference.layered(image, c) / 255.0 for w, c in zip(weights, chains, strict=True)
    )
    expected = m * mixture + (1 - m) * image / 255.0
    assert found.images.dtype == torch.float32
    np.testing.assert_allclose(found.images[0].numpy(), expected, atol=1e-5)
    assert torch.equal(found.targets, batch.targets)


def moves_of(image, m, *chains):
    """AugMix's batch for one image and chains of one layer, with equal weights."""
    params = AugMixParams(
        operation=torch.tensor([[[OPERATIONS.index(name)] for name, _ in chains]]),
        magnitude=torch.tensor([[[magnitude] for _, magnitude in chains]]),
        weights=torch.full((1, len(chains)), 1 / len(chains)),
        m=torch.tensor([m]),
    )
    return AugMix().apply(make_batch(image), params)


def test_maps_are_blended_as_the_image_is():
    """Where chains only move, the image is its own map, but for the rounding to levels."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (1, 1, 12, 10), generator=generator, dtype=torch.uint8)
    found = moves_of(image, 0.75, ("rotate", 25.0), ("shear-y", -0.2), ("translate-x", 3.0))
    (move,) = found.moves
    assert (move(image.float()) / 255 - found.images).abs().max() <= 0.51 / 255


def test_a_map_by_hand():
    """Of three chains only one moves: a sixth of the map, at m = 1/2, is one pixel further."""
    image = torch.randint(0, 256, (1, 3, 1, 4), dtype=torch.uint8)
    chains = ("equalize", 0.0), ("translate-x", 1.0), ("solarize", 0.0)
    (move,) = moves_of(image, 0.5, *chains).moves
    found = move(torch.tensor([6.0, 0.0, 12.0, 0.0]).view(1, 1, 1, 4))
    torch.testing.assert_close(found.flatten(), torch.tensor([5.0, 1.0, 10.0, 2.0]))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"width": 0}, "width: must be a whole number over 0, got 0"),
        ({"depth": (0, 3)}, r"depth: must be a rising pair of whole numbers over 0, got \(0, 3\)"),
        ({"depth": (3, 1)}, r"depth: must be a rising pair of whole numbers over 0, got \(3, 1\)"),
        ({"severity": 11}, r"severity: must lie in \[0.1, 10\], got 11"),
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        AugMix(**arguments)
