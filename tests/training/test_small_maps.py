"""Small maps by matrix products and loops, against PyTorch's own convolutions."""

import pytest
import torch
from torch import nn

from augury.kernels import plain_path
from augury.models import ModelSpec, build_model
from augury.training import Network, Normalize, Speed, small_maps
from augury.training.small_maps import _DepthwiseConv, _MatrixConv, with_small_maps

pytestmark = pytest.mark.usefixtures("compiled_loops")

CPU = torch.device("cpu")


def conv(channels, out, size, stride=1, pad=None, groups=1, bias=True):
    pad = size // 2 if pad is None else pad
    layer = nn.Conv2d(channels, out, size, stride, pad, groups=groups, bias=bias)
    return layer.to(memory_format=torch.channels_last)


def maps(n, channels, height, width):
    values = torch.randn(n, channels, height, width).to(memory_format=torch.channels_last)
    return values.requires_grad_()


def step(layer, images):
    """The layer's result, and its gradients with respect to images and parameters."""
    images.grad = None
    layer.zero_grad()
    result = layer(images)
    (result * torch.linspace(-1, 1, result.numel()).view_as(result)).sum().backward()
    return [result.detach(), images.grad, *(p.grad for p in layer.parameters())]


# Layer, height and width, and whether the faster way is taken.
MATRIX = [
    (conv(6, 4, 1), (4, 4), True),
    (conv(6, 4, 1, bias=False), (1, 1), True),
    (conv(6, 4, 1), (2, 3), True),
    (conv(6, 4, 1), (5, 4), False),  # larger
    (conv(6, 4, 1, stride=2), (4, 4), False),
    (conv(6, 4, 3), (1, 1), True),
    (conv(6, 4, 3), (1, 2), False),  # to two pixels
    (conv(6, 4, 3, stride=2), (2, 2), True),
    (conv(6, 4, 3, stride=2, pad=0), (3, 3), True),
    (conv(6, 4, 3, pad=0), (3, 3), True),
    (conv(6, 4, 7, stride=2), (2, 2), True),
    (conv(6, 4, 2, stride=2, pad=0), (3, 3), False),  # the last row is not seen
]
DEPTHWISE = [
    (conv(5, 5, 3, groups=5), (1, 1), True),
    (conv(5, 5, 3, groups=5, bias=False), (4, 4), True),
    (conv(5, 5, 3, stride=2, groups=5), (7, 8), True),
    (conv(5, 5, 5, groups=5), (2, 3), True),
    (conv(5, 5, 5, stride=2, groups=5), (8, 8), True),
    (conv(5, 5, 2, pad=0, groups=5), (4, 3), True),
    (conv(5, 5, 3, groups=5), (5, 4), False),  # larger
]


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize(("layer", "size", "faster"), [*MATRIX, *DEPTHWISE])
def test_results_and_gradients_are_those_of_pytorch(layer, size, faster, monkeypatch):
    images = maps(7, layer.in_channels, *size)
    with_small_maps(layer)
    assert type(layer) is (_MatrixConv if layer.groups == 1 else _DepthwiseConv)
    with plain_path():
        expected = step(layer, images)
    plain = []
    monkeypatch.setattr(
        nn.Conv2d,
        "forward",
        lambda self, it: plain.append(1) or self._conv_forward(it, self.weight, self.bias),
    )
    for found, right in zip(step(layer, images), expected, strict=True):
        torch.testing.assert_close(found, right, rtol=1e-5, atol=2e-5)
    assert len(plain) == (not faster)


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (conv(4, 4, 3, groups=2), nn.Conv2d),
        (nn.Conv2d(4, 4, 3, dilation=2), nn.Conv2d),
        (nn.Conv2d(4, 4, (1, 3)), nn.Conv2d),
        (nn.Conv2d(4, 4, 3, padding="same"), nn.Conv2d),
        (nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), nn.Conv2d),
        (nn.Conv2d(4, 8, 3, groups=4), nn.Conv2d),
        (nn.Conv2d(4, 4, 1, padding=1), nn.Conv2d),
        (nn.ConvTranspose2d(4, 4, 1), nn.ConvTranspose2d),
        (conv(4, 4, 3), _MatrixConv),
    ],
)
def test_other_layers_stay_as_they_are(layer, kind):
    assert type(with_small_maps(layer)) is kind


def test_without_numba_depthwise_layers_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(small_maps, "_COMPILER", False)
    assert type(with_small_maps(conv(5, 5, 3, groups=5))) is nn.Conv2d


def test_the_plain_way_is_taken_where_the_other_cannot_be():
    layer = with_small_maps(conv(5, 5, 3, groups=5))
    images = maps(3, 5, 2, 2)
    contiguous = images.detach().contiguous().requires_grad_()
    assert layer(contiguous).grad_fn.name() == "ConvolutionBackward0"
    assert "Depthwise" in layer.to(torch.float32)(images).grad_fn.next_functions[0][0].name()
    with torch.autocast("cpu", torch.bfloat16):
        assert layer(images).dtype == torch.bfloat16
        product = with_small_maps(conv(5, 5, 1))(images)
        assert product.dtype == torch.bfloat16
    assert layer.double()(images.double()).dtype == torch.float64


@pytest.mark.parametrize("name", ["mobilenetv2", "timm:resnet10t"])
def test_a_network_learns_the_same(name):
    """Weights keep their names, and a step's gradients are those of the plain path."""
    spec = ModelSpec(name, 3, 3)
    found = build_model(spec, 0)
    names = list(found.state_dict())
    speed = Speed("channels_last", "float32")
    network = Network(found, Normalize((0.5,) * 3, (0.25,) * 3), speed, CPU).train()
    assert list(network.model.state_dict()) == names
    changed = {type(layer).__name__ for layer in network.modules()}
    assert "_MatrixConv" in changed
    assert ("_DepthwiseConv" in changed) == (name == "mobilenetv2")
    images = torch.rand(24, 3, 32, 32)
    expected, got = [], []
    for gradients, plain in ((expected, True), (got, False)):
        network.zero_grad()
        state = {k: v.clone() for k, v in network.state_dict().items()}
        if plain:
            with plain_path():
                loss = network.predict(images).square().mean()
        else:
            loss = network.predict(images).square().mean()
        loss.backward()
        gradients.append(loss.detach())
        gradients += [p.grad.clone() for p in network.parameters()]
        network.load_state_dict(state)
    torch.testing.assert_close(got[0], expected[0], rtol=1e-5, atol=1e-6)
    whole = torch.cat([g.flatten() for g in expected[1:]])
    theirs = torch.cat([g.flatten() for g in got[1:]])
    assert (theirs - whole).norm() < 1e-3 * whole.norm()


def test_contiguous_networks_have_pytorchs_layers():
    model = nn.Sequential(nn.Conv2d(3, 4, 1))
    network = Network(model, Normalize((0.5,) * 3, (0.25,) * 3), Speed(), CPU)
    assert type(network.model[0]) is nn.Conv2d
