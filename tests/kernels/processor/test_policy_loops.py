"""The compiled operations, level by level, beside those of the plain path."""

import numpy as np
import pytest
import torch

from augury.augment.policies.augmix import AugMix
from augury.augment.policies.operations import OPERATIONS, Layers, apply_layers, layers_step
from augury.augment.policies.randaugment import RandAugment
from augury.augment.policies.trivialaugment import TrivialAugment
from augury.kernels.processor.policy import layer_levels, layer_values, mix
from augury.kernels.switch import plain_path
from augury.rng import Draws
from helpers.batches import make_batch

SIZES = [(1, 1), (1, 7), (6, 1), (2, 2), (2, 5), (3, 3), (5, 3), (17, 13), (32, 32), (31, 40)]

# Ordinary ones, ends of ranges, and far beyond them.
MAGNITUDES = {
    "identity": [0.0],
    "shear-x": [-0.99, -0.25, 0.0, 0.013, 0.3, 5.0],
    "shear-y": [-0.99, -0.25, 0.0, 0.013, 0.3, 5.0],
    "translate-x": [-100.0, -9.0, -1.0, -0.4, 0.0, 2.0, 2.5, 32.0, 100.0],
    "translate-y": [-100.0, -9.0, -1.0, -0.4, 0.0, 2.0, 2.5, 32.0, 100.0],
    "rotate": [-135.0, -90.0, -13.7, 0.0, 0.001, 45.0, 90.0, 180.0, 360.0],
    "brightness": [-1.0, -0.3, 0.0, 0.7, 0.99, 3.0],
    "saturation": [-1.0, -0.3, 0.0, 0.5, 0.99, 3.0],
    "contrast": [-1.0, -0.4, 0.0, 0.27, 0.99, 3.0],
    "sharpness": [-1.0, -0.9, 0.0, 0.3, 0.99, 3.0],
    "posterize": [0.0, 1.0, 4.0, 7.9, 8.0, 9.0],
    "solarize": [0.0, 0.5, 127.5, 128.0, 255.0, 256.0],
    "autocontrast": [0.0],
    "equalize": [0.0],
}
EVERY = [(OPERATIONS.index(name), m) for name, values in MAGNITUDES.items() for m in values]


def images_of(channels, size):
    """(6, C, H, W) uint8: noise, dim noise, one level, black, a gradient, a gray image."""
    generator = np.random.default_rng(0)
    shape = (channels, *size)
    noise = generator.integers(0, 256, shape)
    dim = generator.integers(90, 130, shape) + 10 * np.arange(channels)[:, None, None]
    ramp = np.linspace(0, 255, size[0] * size[1]).reshape(1, *size).repeat(channels, 0)
    gray = generator.integers(0, 256, (1, *size)).repeat(channels, 0)
    kinds = [noise, dim, np.full(shape, 77), np.zeros(shape), ramp, gray]
    return torch.from_numpy(np.stack(kinds).astype(np.uint8))


def arrays(step):
    tensors = step.operation, step.magnitude, step.matrix
    return tuple(each.contiguous().numpy() for each in tensors)


def by_loops(images, layers):
    """`images` after `layers`, by the loop for their dtype."""
    shape = tuple(images.shape[1:])
    out, flat = torch.empty_like(images), images.flatten(2).numpy()
    given = arrays(layers_step(layers, shape[1:]))
    if images.dtype == torch.uint8:
        layer_levels(flat, shape, *given, out.flatten(2).numpy())
    else:
        chosen = np.ones(len(images), bool)
        layer_values(flat, shape, *given, chosen, out.flatten(2).numpy())
    return out


def by_mixing(images, params):
    """AugMix of float `images`."""
    shape = tuple(images.shape[1:])
    (step,) = AugMix().steps(params, shape[1:])
    given = [np.stack(each, 1) for each in zip(*map(arrays, step.chains), strict=True)]
    weights, m = params.weights.contiguous().numpy(), params.m.contiguous().numpy()
    out = torch.empty_like(images)
    mix(images.flatten(2).numpy(), shape, *given, weights, m, out.flatten(2).numpy())
    return out


def plain(augmentation, images, params):
    with plain_path():
        return augmentation.apply(make_batch(images), params).images


def random_layers(count, depth, seed=0):
    """Operations and magnitudes at random, from ordinary and extreme ones."""
    generator = np.random.default_rng(seed)
    chosen = generator.integers(0, len(EVERY), (count, depth))
    pairs = np.array(EVERY)[chosen]
    # Half of the magnitudes are not round.
    share = np.where(generator.random(chosen.shape) < 0.5, 1, generator.uniform(0, 1, chosen.shape))
    operation, magnitude = torch.from_numpy(pairs[..., 0]), torch.from_numpy(pairs[..., 1] * share)
    return Layers(operation.long(), magnitude.float())


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_operation_is_that_of_the_plain_path(channels, size):
    kinds = images_of(channels, size)
    images = kinds.repeat(len(EVERY), 1, 1, 1)
    steps = [step for step in EVERY for _ in kinds]
    layers = Layers(
        torch.tensor([[operation] for operation, _ in steps]),
        torch.tensor([[magnitude] for _, magnitude in steps]),
    )
    kept = images.clone()
    found = by_loops(images, layers)
    assert torch.equal(images, kept), "the input was written to"
    expected = apply_layers(make_batch(images), layers).images
    wrong = [steps[i] for i in (found != expected).flatten(1).any(1).nonzero()]
    assert not wrong


@pytest.mark.parametrize(("channels", "size"), [(3, (11, 9)), (1, (8, 16)), (3, (1, 1))], ids=str)
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_layers_in_any_order(channels, size, depth):
    """Moves next to each other are one resampling."""
    images = images_of(channels, size).repeat(150, 1, 1, 1)
    layers = random_layers(len(images), depth)
    expected = apply_layers(make_batch(images), layers).images
    assert torch.equal(by_loops(images, layers), expected)


def test_floats_are_rounded_to_levels_and_images_that_are_not_chosen_stay():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(200, 3, 10, 12, generator=generator)
    images[:, :, 0] = torch.arange(12) / 255 + 0.5 / 255  # halves go to the even level
    layers = random_layers(len(images), 2)
    expected = apply_layers(make_batch(images), layers).images
    assert torch.equal(by_loops(images, layers), expected)
    chosen, out = np.arange(200) % 3 == 0, torch.empty_like(images)
    given = arrays(layers_step(layers, (10, 12)))
    layer_values(images.flatten(2).numpy(), (3, 10, 12), *given, chosen, out.flatten(2).numpy())
    kept = torch.from_numpy(chosen)[:, None, None, None]
    assert torch.equal(out, torch.where(kept, expected, images))


@pytest.mark.parametrize("policy", [TrivialAugment(), RandAugment(), RandAugment(layers=4)])
def test_policies_as_drawn_in_pieces_of_any_size(policy):
    images = torch.randint(0, 256, (300, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    images = images.to(torch.uint8)
    batch = make_batch(images)
    layers = policy.sample(batch, Draws(1, 2, batch.ids))
    expected = plain(policy, images, layers)
    assert torch.equal(by_loops(images, layers), expected)
    pieces = [
        by_loops(images[a:b], Layers(layers.operation[a:b], layers.magnitude[a:b]))
        for a, b in ((0, 1), (1, 130), (130, 300))
    ]
    assert torch.equal(torch.cat(pieces), expected)


@pytest.mark.parametrize(
    "augmix", [AugMix(), AugMix(width=1, depth=(2, 4), severity=10, all_operations=True)]
)
@pytest.mark.parametrize(("channels", "size"), [(3, (32, 32)), (1, (9, 14)), (3, (1, 1))], ids=str)
def test_mixtures(augmix, channels, size):
    generator = torch.Generator().manual_seed(0)
    levels = torch.randint(0, 256, (150, channels, *size), generator=generator).to(torch.uint8)
    values = torch.rand(150, channels, *size, generator=generator)
    batch = make_batch(levels)
    params = augmix.sample(batch, Draws(1, 2, batch.ids))
    expected = plain(augmix, levels, params)
    assert torch.equal(by_mixing(levels.float() / 255, params), expected)
    assert torch.equal(by_mixing(values, params), plain(augmix, values, params))
