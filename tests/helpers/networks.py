"""Networks, and what must not change while a map is made of one."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from augury.models import ModelSpec, build_model
from augury.training import Network, Normalize, Speed
from helpers.datasets import CLASSES

CPU = torch.device("cpu")


class Tiny(nn.Module):
    """Convolution, BatchNorm, dropout and a linear layer: every kind of layer with a state.

    For images of 6×6 pixels.
    """

    def __init__(self, channels: int = 3, classes: int = 5) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(4 * 36, classes)

    def forward_features(self, x: Tensor) -> Tensor:
        return torch.tanh(self.norm(self.conv(x)))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.linear(self.dropout(self.forward_features(x)).flatten(1))
        return logits


def normalize(images: Tensor) -> Tensor:
    return (images - 0.4) / 0.25


def make_network(
    seed: int = 0,
    channels: int = 1,
    normalize: tuple[tuple[float, ...], tuple[float, ...]] = ((0.3,), (0.2,)),
    speed: Speed | None = None,
) -> tuple[Network, ModelSpec]:
    """The small network for data sets of `helpers.datasets`, as training uses it."""
    spec = ModelSpec("small", CLASSES, channels)
    return Network(build_model(spec, seed), Normalize(*normalize), speed or Speed(), CPU), spec


def disturb(network: Network, seed: int = 0) -> None:
    """Change all weights, as a few training steps would."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)


@contextmanager
def left_as_it_was(model: nn.Module) -> Iterator[None]:
    """Check that the block changes nothing of `model` and of PyTorch's random state."""
    parameter = next(model.parameters())
    parameter.grad = torch.full_like(parameter, 7.0)
    state, modes = copy.deepcopy(model.state_dict()), [m.training for m in model.modules()]
    attributes = [set(vars(m)) for m in model.modules()]
    random_state, tracking = torch.get_rng_state(), torch.is_grad_enabled()
    yield
    assert torch.equal(torch.get_rng_state(), random_state)
    assert torch.is_grad_enabled() == tracking
    assert [m.training for m in model.modules()] == modes
    assert [set(vars(m)) for m in model.modules()] == attributes
    for name, value in model.state_dict().items():
        assert torch.equal(value, state[name]), name
    assert (parameter.grad == 7).all()
    assert all(p.grad is None for p in model.parameters() if p is not parameter)
