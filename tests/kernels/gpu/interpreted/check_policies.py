"""AutoAugment's operations and AugMix against the plain path, level for level."""

import pytest
import torch
from inputs import each_operation, images, scale
from reference import expected

from augury.kernels.gpu.run import run
from augury.kernels.steps import OPERATIONS, Layers, Mixture

# An image with enough pixels to be equalized, and images that end at their border.
SHAPES = [(16, 3, 30, 34), (16, 1, 40, 27), (5, 3, 2, 2), (5, 1, 1, 5), (0, 3, 4, 4)]
DTYPES = [torch.uint8, torch.float32]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_layers_equal_the_plain_path(shape, dtype):
    given = images(*shape, dtype)
    before = given.clone()
    for depth in (1, 3) if dtype == torch.uint8 else (2,):
        layers = each_operation(shape[0], depth, shape[2:], seed=depth)
        found, wanted = run(given, [layers]), expected(given, [layers])
        assert found.dtype == wanted.dtype
        assert torch.equal(found, wanted)
    assert torch.equal(given, before)


def test_images_that_are_not_chosen_keep_their_values():
    given, chosen = images(4, 3, 6, 5, torch.float32), torch.tensor([True, False, True, False])
    operation = torch.where(chosen, OPERATIONS.index("posterize"), 0)[:, None]
    layers = Layers(operation, torch.full((4, 1), 3.0), chosen=chosen)
    found = run(given, [layers])
    assert torch.equal(found, expected(given, [layers]))
    assert torch.equal(found[1::2], given[1::2])


def test_layers_are_normalized():
    given, normalize = images(3, 3, 6, 5, torch.uint8), scale(3)
    layers = each_operation(3, 2, (6, 5))
    assert torch.equal(run(given, [layers], normalize), expected(given, [layers], normalize))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3, 9, 8), (0, 1, 4, 4)])
def test_mixtures_equal_the_plain_path(shape, dtype):
    given, count = images(*shape, dtype), shape[0]
    chains = tuple(each_operation(count, 3, shape[2:], seed) for seed in range(3))
    weights = torch.rand(count, 3, generator=torch.Generator().manual_seed(0)).softmax(1)
    mixture = Mixture(chains, weights, torch.linspace(0, 1, count))
    for scaling in (None, scale(shape[1])):
        found, wanted = run(given, [mixture], scaling), expected(given, [mixture], scaling)
        assert torch.equal(found, wanted)
