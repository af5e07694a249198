from itertools import permutations

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from augury.augment.color.brightness import Brightness, BrightnessParams
from augury.augment.color.color_jitter import ORDERS, ColorJitter, ColorJitterParams
from augury.augment.color.contrast import Contrast, ContrastParams
from augury.batch import to_float
from augury.errors import InputError
from helpers.batches import make_batch, noise_batch
from helpers.sampling import is_rate, sample_many

KINDS = ("brightness", "contrast", "saturation", "hue")
TORCHVISION = {
    "brightness": F.adjust_brightness,
    "contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}


def params_of(order, **amounts):
    """Of one or several images; what is not given changes nothing."""
    amounts = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0} | amounts
    filled = {kind: torch.as_tensor(value).expand(len(order)) for kind, value in amounts.items()}
    return ColorJitterParams(torch.as_tensor(order), **filled)


def test_each_order_equals_torchvision_one_image_at_a_time():
    """Up to torchvision's weight of red, 0.2989 in place of 0.299."""
    n = 5 * len(ORDERS)
    generator = np.random.default_rng(0)
    images = torch.from_numpy(generator.random((n, 3, 9, 7), np.float32))
    factors = {kind: generator.uniform(0, 2, n) for kind in KINDS[:3]}
    amounts = factors | {"hue": generator.uniform(-0.5, 0.5, n)}
    params = params_of(
        torch.arange(n) % len(ORDERS),
        **{kind: torch.from_numpy(values).float() for kind, values in amounts.items()},
    )
    found = ColorJitter().apply(make_batch(images), params).images
    for i, expected in enumerate(images):
        for kind in ORDERS[i % len(ORDERS)]:
            expected = TORCHVISION[kind](expected, float(amounts[kind][i]))
        torch.testing.assert_close(found[i], expected, atol=5e-4, rtol=0)


def test_there_are_all_orders_and_each_makes_a_difference():
    assert sorted(ORDERS) == sorted(permutations(KINDS))
    image = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    batch = make_batch(image.expand(len(ORDERS), -1, -1, -1))
    params = params_of(range(24), brightness=1.7, contrast=0.4, saturation=1.9, hue=0.4)
    found = ColorJitter().apply(batch, params).images
    assert len(found.flatten(1).unique(dim=0)) == len(ORDERS)


def test_by_hand():
    """Twice as bright is clipped first in one order, and contrast is halved first in the other."""
    images = torch.tensor([0.2, 0.8]).view(1, 1, 1, 2).expand(2, 3, 1, 2)
    orders = [
        ORDERS.index(("brightness", "contrast", "saturation", "hue")),
        ORDERS.index(("contrast", "hue", "brightness", "saturation")),
    ]
    params = params_of(orders, brightness=2.0, contrast=0.5)
    found = ColorJitter().apply(make_batch(images), params).images
    expected = torch.tensor([[0.55, 0.85], [0.7, 1.0]])
    torch.testing.assert_close(found, expected.view(2, 1, 1, 2).expand(2, 3, 1, 2))


def test_neutral_amounts_change_no_bit():
    batch = noise_batch(24, (3, 6, 5))
    found = ColorJitter().apply(batch, params_of(range(24))).images
    assert torch.equal(found, to_float(batch.images))


def test_images_of_one_channel_have_neither_saturation_nor_hue():
    batch = noise_batch(24, (1, 6, 5))
    order = next(k for k, each in enumerate(ORDERS) if each[:2] == ("brightness", "contrast"))
    params = params_of([order] * 24, brightness=0.7, contrast=1.3, saturation=0.1, hue=0.4)
    found = ColorJitter().apply(batch, params).images
    expected = Contrast().apply(
        Brightness().apply(batch, BrightnessParams(params.brightness)),
        ContrastParams(params.contrast),
    )
    assert torch.equal(found, expected.images)


def test_draws_match_the_documented_distribution():
    params = sample_many(ColorJitter())
    drawn = [getattr(params, kind).numpy() for kind in KINDS]
    for values in drawn[:3]:
        assert stats.kstest(values, stats.uniform(0.6, 0.8).cdf).pvalue > 1e-4
    assert stats.kstest(drawn[3], stats.uniform(-0.1, 0.2).cdf).pvalue > 1e-4
    assert stats.chisquare(np.bincount(params.order, minlength=24)).pvalue > 1e-4
    correlations = np.corrcoef([*drawn, params.order.numpy()])[np.triu_indices(5, 1)]
    assert np.abs(correlations).max() < 4.5 / len(params.order) ** 0.5


def test_the_share_of_images_that_are_changed_is_p():
    params = sample_many(ColorJitter(p=0.8))
    assert is_rate(params.brightness != 1, 0.8)
    left = params.brightness == 1
    for kind in KINDS[1:]:
        assert torch.equal(getattr(params, kind) == (0 if kind == "hue" else 1), left)


@pytest.mark.parametrize(
    "arguments",
    [
        (0.4, 0.4, 0.4, 0.1),
        (1.5, 0, 2, 0.5),
        ((0.5, 0.9), (0, 3), (1.2, 1.2), (-0.4, 0.1)),
        ([0.5, 0.9], 0.25, 0.0, [0.2, 0.3]),
    ],
)
def test_arguments_mean_what_they_mean_in_torchvision(arguments):
    theirs = v2.ColorJitter(*arguments)
    params = sample_many(ColorJitter(*arguments))
    for kind in KINDS:
        low, high = getattr(theirs, kind) or ((0, 0) if kind == "hue" else (1, 1))
        values = getattr(params, kind).numpy()
        if low == high:
            assert (values == np.float32(low)).all()
        else:
            assert stats.kstest(values, stats.uniform(low, high - low).cdf).pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"brightness": -0.1}, "brightness: a number must be at least 0, got -0.1"),
        ({"hue": 0.6}, "hue: a number must be at least 0 and at most 0.5, got 0.6"),
        ({"contrast": (1.2, 0.8)}, r"contrast: must be a number or a rising pair within \[0, inf"),
        ({"saturation": (-0.1, 1)}, r"saturation: must be a number or a rising pair .*\(-0.1, 1\)"),
        ({"hue": (-0.6, 0)}, r"hue: must be a number or a rising pair within \[-0.5, 0.5\], got"),
        ({"p": 1.5}, r"p: must lie in \[0, 1\], got 1.5"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        ColorJitter(**arguments)
