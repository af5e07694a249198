import pytest
import torch
from torch import nn

from augury.training.network import ALL_SPEEDS, Network, Normalize, Speed


def test_normalize_by_hand():
    images = torch.tensor([0.5, 0.25]).view(1, 2, 1, 1)
    found = Normalize((0.5, 0.75), (0.1, 0.25))(images).flatten()
    torch.testing.assert_close(found, torch.tensor([0.0, -2.0]))


@pytest.mark.parametrize("speed", ALL_SPEEDS, ids=str)
def test_every_speed_predicts_the_same_up_to_its_precision(speed):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 4))
    images = torch.randint(0, 256, (5, 3, 8, 8), dtype=torch.uint8)
    normalize = Normalize((0.5,) * 3, (0.25,) * 3)
    expected = model((images / 255 - 0.5) / 0.25)
    found = Network(model, normalize, speed, torch.device("cpu")).predict(images)
    assert found.dtype == torch.float32
    tolerance = 1e-5 if speed.precision == "float32" else 0.03
    torch.testing.assert_close(found, expected, atol=tolerance, rtol=tolerance)


def test_layout_is_that_of_the_weights():
    model = nn.Conv2d(3, 8, 3)
    Network(model, Normalize((0.0,) * 3, (1.0,) * 3), Speed("channels_last"), torch.device("cpu"))
    assert model.weight.is_contiguous(memory_format=torch.channels_last)
