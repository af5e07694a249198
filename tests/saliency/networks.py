"""Small networks, and what must not change while one is looked through."""

import copy
from contextlib import contextmanager

import torch
from torch import nn

from augury.batch import Batch


class Tiny(nn.Module):
    """Convolution, BatchNorm, dropout and a linear layer: everything that has a state."""

    def __init__(self, channels=3, classes=5):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(4 * 36, classes)

    def forward_features(self, x):
        return torch.tanh(self.norm(self.conv(x)))

    def forward(self, x):
        return self.linear(self.dropout(self.forward_features(x)).flatten(1))


def normalize(images):
    return (images - 0.4) / 0.25


def make_batch(n=4, channels=3, size=6, classes=5, seed=1):
    """uint8 images with soft targets."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(
        0, 256, (n, channels, size, size), generator=generator, dtype=torch.uint8
    )
    targets = torch.rand((n, classes), generator=generator)
    return Batch(images, targets / targets.sum(1, keepdim=True), torch.arange(n) * 3 + 10)


@contextmanager
def left_as_it_was(model):
    """Within the block nothing of `model` and of the random state may change for good."""
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
