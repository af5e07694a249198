import copy

import numpy as np
import pytest
import torch
from torch import nn

from augury.batch import Batch
from augury.saliency import GradientMap, InputGradient, grey_map


class Tiny(nn.Module):
    """Convolution, BatchNorm, dropout and a linear layer: everything that has a state."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(4 * 36, 5)

    def forward(self, x):
        return self.linear(self.dropout(torch.tanh(self.norm(self.conv(x)))).flatten(1))


def normalize(images):
    return (images - 0.4) / 0.25


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (4, 3, 6, 6), generator=generator, dtype=torch.uint8)
    return Batch(images, torch.ones(4, 1), torch.arange(4))


def test_equals_finite_differences(batch):
    model = Tiny()
    found = InputGradient(model, normalize)(batch).numpy()
    reference = copy.deepcopy(model).double().eval()
    x = normalize(batch.images.double() / 255)
    step = 1e-5
    with torch.no_grad():
        largest = reference(x).argmax(1)
        for image, channel, row, column in np.random.default_rng(0).integers(
            (4, 3, 6, 6), size=(40, 4)
        ):
            scores = []
            for sign in (1, -1):
                moved = x.clone()
                moved[image, channel, row, column] += sign * step
                scores.append(float(reference(moved)[image, largest[image]]))
            expected = (scores[0] - scores[1]) / (2 * step)
            assert found[image, channel, row, column] == pytest.approx(expected, abs=1e-4)


def test_the_network_is_as_before(batch):
    model = Tiny().train()
    model.norm.eval()  # a mixed mode, as when a backbone is frozen
    model.linear.weight.grad = torch.full_like(model.linear.weight, 7.0)
    before = copy.deepcopy(model.state_dict())
    random_state = torch.get_rng_state()
    gradient = InputGradient(model, normalize)(batch)
    assert not gradient.requires_grad
    assert torch.equal(torch.get_rng_state(), random_state)
    assert [m.training for m in model.modules()] == [True, True, False, True, True]
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]), name
    assert (model.linear.weight.grad == 7).all()
    assert model.conv.weight.grad is None


def test_works_where_gradients_are_off(batch):
    with torch.no_grad():
        assert InputGradient(Tiny(), normalize)(batch).abs().sum() > 0


def test_grey_map_is_the_reports_formula():
    gradient = torch.tensor([[[[1.0, -2.0]], [[0.5, 0.0]], [[0.5, 1.0]]]])
    # Sums over channels: 2 and -1.
    assert grey_map(gradient).tolist() == [[[1.0, 0.0]]]
    assert grey_map(torch.ones(1, 3, 2, 2)).tolist() == [[[0.0, 0.0], [0.0, 0.0]]]


def test_gradient_map_lies_in_0_1_and_reaches_both(batch):
    maps = GradientMap(InputGradient(Tiny(), normalize))(batch)
    assert maps.shape == (4, 6, 6)
    assert maps.amin((1, 2)).tolist() == [0] * 4
    assert maps.amax((1, 2)).tolist() == [1] * 4
