"""Color operations and blurring against the plain path."""

import pytest
import torch
from inputs import images, scale
from reference import expected

from augury.kernels.gpu.run import run
from augury.kernels.steps import RECOLORINGS, Blur, Recolor

# Two blocks of pixels; one row; an empty batch.
SHAPES = [(3, 3, 15, 18), (2, 1, 1, 5), (0, 3, 4, 4)]


def check(given, step):
    """Equal bit for bit, with and without normalization; the input stays as it is."""
    before = given.clone()
    for scaling in (None, scale(given.shape[1])):
        found, wanted = run(given, [step], scaling), expected(given, [step], scaling)
        assert found.dtype == torch.float32
        assert torch.equal(found, wanted)
    assert torch.equal(given, before)


@pytest.mark.parametrize("kind", RECOLORINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_colors_equal_the_plain_path(shape, kind):
    amount = torch.tensor([0.0, 1.7, 0.3])[: shape[0]]
    given = images(*shape, torch.uint8)
    given[:1, :, ::2] = 77  # rows without color, whose hue has no name
    check(given, Recolor(kind, amount))


def test_colors_of_floats():
    given = images(2, 3, 5, 4, torch.float32)
    for kind in RECOLORINGS:
        check(given, Recolor(kind, torch.tensor([0.4, 1.2])))


@pytest.mark.parametrize("shape", SHAPES)
def test_blurs_equal_the_plain_path(shape):
    weights = torch.tensor([[0.5, 0.2, 0.05], [1, 0, 0], [0.2, 0.2, 0.2]])[: shape[0]]
    check(images(*shape, torch.uint8), Blur(weights))
