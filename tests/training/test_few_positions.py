"""The gradient of convolutions over few positions, beside PyTorch's own."""

import copy

import pytest
import torch
from torch import nn

from augury.kernels.switch import plain_path
from augury.models import ModelSpec, build_model
from augury.training.few_positions import FewPositions
from augury.training.network import Network, Normalize, Speed

SHAPES = [
    # channels, outputs, side, kernel, stride, padding
    (5, 7, 4, 3, 1, 1),
    (16, 32, 2, 3, 1, 1),
    (16, 8, 1, 3, 1, 1),
    (6, 4, 8, 3, 2, 1),
    (6, 4, 7, (3, 2), (2, 3), (1, 0)),
    (6, 4, 3, 1, 1, 0),
    (6, 4, 5, 5, 1, 0),
]


def gradients(convolution, images):
    """Output and the gradients of images, weights and bias, under autocast to bfloat16."""
    images = images.clone().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = convolution(images)
    wanted = [images, *convolution.parameters()]
    generator = torch.Generator().manual_seed(1)
    loss = (found.float() * torch.randn(found.shape, generator=generator)).sum()
    return found, torch.autograd.grad(loss, wanted)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_gradients_are_pytorch_s_but_for_rounding(shape, layout):
    channels, outputs, side, *how = shape
    torch.manual_seed(0)
    plain = nn.Conv2d(channels, outputs, *how).to(memory_format=layout)
    fast = copy.deepcopy(plain)
    fast.__class__ = FewPositions
    images = torch.randn(9, channels, side, side).contiguous(memory_format=layout)
    expected, (of_images, of_weight, of_bias) = gradients(plain, images)
    found, (images_too, weight, bias) = gradients(fast, images)
    assert torch.equal(found, expected)
    assert torch.equal(images_too, of_images)
    assert weight.shape == of_weight.shape
    # bfloat16 has 8 bits; both round a sum of float32 products once.
    scale = of_weight.abs().max()
    torch.testing.assert_close(weight / scale, of_weight / scale, rtol=2**-7, atol=2**-8)
    torch.testing.assert_close(bias, of_bias, rtol=2**-6, atol=0.2)


def test_the_product_is_no_less_exact():
    torch.manual_seed(0)
    plain = nn.Conv2d(64, 32, 3, padding=1, bias=False)
    exact = copy.deepcopy(plain)
    exact.weight.data = exact.weight.data.bfloat16().float()
    fast = copy.deepcopy(plain)
    fast.__class__ = FewPositions
    images = torch.randn(100, 64, 4, 4).bfloat16().float()
    _, (_, theirs) = gradients(plain, images)
    _, (_, ours) = gradients(fast, images)
    again = images.clone().double().requires_grad_()
    found = exact.double()(again)
    generator = torch.Generator().manual_seed(1)
    weights = torch.randn(found.shape, generator=generator).bfloat16().double()
    (of_weight,) = torch.autograd.grad((found * weights).sum(), exact.weight)
    assert (ours - of_weight).abs().mean() <= 1.1 * (theirs - of_weight).abs().mean()


def test_elsewhere_all_is_as_before():
    torch.manual_seed(0)
    plain = nn.Conv2d(4, 4, 3, padding=1)
    fast = copy.deepcopy(plain)
    fast.__class__ = FewPositions
    for images in (torch.randn(3, 4, 4, 4), torch.randn(4, 4, 4)):  # float32, and without a batch
        found, expected = fast(images), plain(images)
        assert torch.equal(found, expected)
        assert torch.equal(
            *(
                torch.autograd.grad(each.square().sum(), net.weight)[0]
                for each, net in ((found, fast), (expected, plain))
            )
        )
    large = torch.randn(3, 4, 9, 9)
    for ours, theirs in zip(gradients(fast, large)[1], gradients(plain, large)[1], strict=True):
        assert torch.equal(ours, theirs)


def test_a_second_derivative_is_there():
    torch.manual_seed(0)
    plain = nn.Conv2d(3, 2, 3, padding=1)
    fast = copy.deepcopy(plain)
    fast.__class__ = FewPositions
    images = torch.randn(2, 3, 4, 4)
    found = []
    for net in (plain, fast):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = net(images).float().square().sum()
        (first,) = torch.autograd.grad(loss, net.weight, create_graph=True)
        found.append(torch.autograd.grad(first.square().sum(), net.weight)[0])
    torch.testing.assert_close(
        found[1], found[0], rtol=0.05, atol=0.02 * float(found[0].abs().max())
    )


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_small_has_them_where_its_maps_lie_channels_last(precision):
    speed = Speed("channels_last", precision)
    model, normalize = build_model(ModelSpec("small", 10, 1), 0), Normalize((0.5,), (0.5,))
    network = Network(model, normalize, speed, torch.device("cpu"))
    convolutions = [each for each in network.modules() if isinstance(each, nn.Conv2d)]
    assert all(isinstance(each, FewPositions) for each in convolutions)


def test_the_plain_path_is_pytorch_s():
    torch.manual_seed(0)
    plain = nn.Conv2d(16, 8, 3, padding=1)
    fast = copy.deepcopy(plain)
    fast.__class__ = FewPositions
    images = torch.randn(9, 16, 4, 4)
    with plain_path():
        found = gradients(fast, images)[1]
    for ours, theirs in zip(found, gradients(plain, images)[1], strict=True):
        assert torch.equal(ours, theirs)
