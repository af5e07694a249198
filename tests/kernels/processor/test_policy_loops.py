"""The compiled operations, level by level, beside those of the plain path."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from augury.augment.policies.augmix import AugMix
from augury.augment.policies.operations import OPERATIONS, Layers, apply_layers, layers_step
from augury.augment.policies.randaugment import RandAugment
from augury.augment.policies.trivialaugment import TrivialAugment
from augury.kernels.run import run_steps
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
    "invert": [0.0],
    "solarize-add": [0.0, 0.9, 77.5, 127.0, 128.0, 300.0],
}
MOVES = [k for k, name in enumerate(OPERATIONS) if name.startswith(("shear", "trans", "rot"))]
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


def by_loops(images, *steps):
    kept = images.clone()
    found = run_steps(images, steps)
    assert found is not None, "the plain path was taken"
    assert torch.equal(images, kept), "the input was written to"
    return found


def layered(images, layers):
    return by_loops(images, layers_step(layers, tuple(images.shape[2:])))


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
    found = layered(images, layers)
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
    assert torch.equal(layered(images, layers), expected)


def test_floats_are_rounded_to_levels_and_images_that_are_not_chosen_stay():
    generator = torch.Generator().manual_seed(0)
    images = torch.rand(200, 3, 10, 12, generator=generator)
    images[:, :, 0] = torch.arange(12) / 255 + 0.5 / 255  # halves go to the even level
    layers = random_layers(len(images), 2)
    expected = apply_layers(make_batch(images), layers).images
    assert torch.equal(layered(images, layers), expected)
    chosen = torch.arange(200) % 3 == 0
    moves = torch.isin(layers.operation, torch.tensor(MOVES))
    colors = Layers(layers.operation.masked_fill(moves, 0), layers.magnitude)
    step = replace(layers_step(colors, (10, 12)), chosen=chosen)
    expected = apply_layers(make_batch(images), colors).images
    kept = torch.where(chosen[:, None, None, None], expected, images)
    assert torch.equal(by_loops(images, step), kept)


@pytest.mark.parametrize("policy", [TrivialAugment(), RandAugment(), RandAugment(layers=4)])
def test_policies_as_drawn_in_pieces_of_any_size(policy):
    images = torch.randint(0, 256, (300, 3, 32, 32), generator=torch.Generator().manual_seed(0))
    images = images.to(torch.uint8)
    batch = make_batch(images)
    layers = policy.sample(batch, Draws(1, 2, batch.ids))
    expected = plain(policy, images, layers)
    assert torch.equal(layered(images, layers), expected)
    pieces = [
        layered(images[a:b], Layers(layers.operation[a:b], layers.magnitude[a:b]))
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
    (step,) = augmix.steps(params, size)
    assert torch.equal(by_loops(levels, step), expected)
    assert torch.equal(by_loops(values, step), plain(augmix, values, params))
