import numpy as np
import pytest
import torch
from scipy import ndimage, stats

from augury.augment import Salience
from augury.augment.saliency.salience import COMBINATIONS, SalienceParams, ranks
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch


def of(combine, strength=1.0, **changes):
    return Salience(
        lambda b: b.images[:, 0], combine, strength, **{"smooth": 0.0, "p": 1.0, **changes}
    )


@pytest.mark.parametrize(
    ("combine", "expected"),
    [
        # x = .2, .4, .9, .5 with mean .5; m = 0, .5, 1, .25; a = .8
        ("blend", [0.04, 0.48, 0.98, 0.3]),
        ("highlight", [0.04, 0.24, 0.9, 0.2]),
        ("suppress-background", [0.44, 0.44, 0.9, 0.5]),
        ("suppress-object", [0.2, 0.44, 0.58, 0.5]),
    ],
)
def test_hand_computed_pixels(combine, expected):
    images = torch.tensor([0.2, 0.4, 0.9, 0.5]).view(1, 1, 2, 2)
    params = SalienceParams(torch.tensor([0, 0.5, 1, 0.25]).view(1, 2, 2), torch.tensor([0.8]))
    found = of(combine).apply(make_batch(images), params).images
    torch.testing.assert_close(found.flatten(), torch.tensor(expected))


def test_the_mean_color_has_each_channels_own_mean():
    images = torch.rand(1, 3, 4, 4)
    params = SalienceParams(torch.ones(1, 4, 4), torch.tensor([1.0]))
    found = of("suppress-object").apply(make_batch(images), params).images
    means = images.numpy().mean((2, 3), keepdims=True)
    np.testing.assert_allclose(found.numpy(), np.broadcast_to(means, (1, 3, 4, 4)), atol=1e-6)


def test_maps_are_smoothed_as_by_scipy_and_scaled():
    maps = torch.rand(3, 20, 30, generator=torch.Generator().manual_seed(0)) * 7
    found = of("blend", smooth=0.1).scaled(maps).numpy()
    for one, result in zip(maps.numpy(), found, strict=True):
        smooth = ndimage.gaussian_filter(one, 2.0, radius=6, mode="nearest")
        expected = (smooth - smooth.min()) / (smooth.max() - smooth.min())
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_ranks_are_those_of_scipy_with_ties_in_the_middle():
    maps = torch.randint(0, 9, (4, 5, 6), generator=torch.Generator().manual_seed(0)).float()
    for one, result in zip(maps.numpy(), ranks(maps).numpy(), strict=True):
        expected = (stats.rankdata(one).reshape(5, 6) - 1) / 29
        np.testing.assert_allclose(result, expected, atol=1e-6)
    assert torch.equal(of("blend", scale="rank").scaled(maps), ranks(maps))


@pytest.mark.parametrize("scale", ["range", "rank"])
@pytest.mark.parametrize("combine", COMBINATIONS)
def test_an_image_whose_map_is_constant_stays_as_it_is(combine, scale):
    images = torch.full((1, 1, 6, 6), 0.3)
    found = of(combine, scale=scale)(make_batch(images), Draws(0, 0, torch.arange(1))).images
    assert torch.equal(found, images)


def test_strength_is_uniform_over_its_range_and_p_the_share_of_changed_images():
    n = 50_000
    batch = make_batch(torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).expand(n, -1, -1, -1))
    strength = of("blend", (0.2, 0.6), p=0.3).sample(batch, Draws(0, 0, batch.ids)).strength
    changed = strength[strength > 0]
    assert abs(len(changed) / n - 0.3) < 4 * (0.21 / n) ** 0.5
    assert stats.kstest(changed.numpy(), "uniform", (0.2, 0.4)).pvalue > 1e-4


def test_unchanged_images_keep_their_bits():
    images = torch.rand(40, 3, 8, 8)
    augment = of("suppress-object", p=0.5)
    batch = make_batch(images)
    params = augment.sample(batch, Draws(0, 0, batch.ids))
    found = augment.apply(batch, params).images
    same = torch.tensor([torch.equal(a, b) for a, b in zip(found, images, strict=True)])
    assert torch.equal(same, params.strength == 0)
    assert 0 < same.sum() < 40


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"combine": "mix"}, "combine"),
        ({"scale": "sum"}, "scale"),
        ({"strength": 1.5}, r"strength: must be a number or a rising pair within \[0, 1\]"),
        ({"strength": (0.5, 0.2)}, "strength: must be a number or a rising pair"),
        ({"smooth": 2}, r"smooth: must lie in \[0, 1\], got 2"),
        ({"p": -1}, r"p: must lie in \[0, 1\], got -1"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        Salience(lambda b: b.images, **arguments)
