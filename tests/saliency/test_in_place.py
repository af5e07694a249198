"""Networks that work in place may overwrite what they are given: that must not be the batch."""

import numpy as np
import pytest
import torch
from torch import nn

from augury.batch import Batch
from augury.data import Split
from augury.saliency import KINDS, HalfResolution
from augury.study.running.robustness import measure_robustness
from augury.training import Network, Normalize, Speed, evaluate
from augury.training.sources import saliency_source
from augury.training.teacher import read_teacher
from helpers.batches import soft_batch
from helpers.networks import left_as_it_was


def rectified(x, in_place):
    return nn.functional.relu(x, inplace=in_place)


def scaled(x, in_place):
    return x.mul_(3).sub_(1.2) if in_place else x * 3 - 1.2


def masked(x, in_place):
    x = x if in_place else x.clone()
    x[:, :, ::2] = 0
    return x


def clipped(x, in_place):
    """Behind the back of what keeps gradients: they flow as if nothing had been clipped."""
    if in_place:
        x.data.clamp_(0.3, 0.7)
        return x
    return x + (x.clamp(0.3, 0.7) - x).detach()


BEGINNINGS = [rectified, scaled, masked, clipped]


class Beginning(nn.Module):
    """A network that begins with an operation, in place or with a result of its own."""

    def __init__(self, operation, in_place, channels=3):
        super().__init__()
        torch.manual_seed(0)
        self.operation, self.in_place = operation, in_place
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.linear = nn.Linear(4, 5)

    def forward_features(self, x):
        return self.conv(self.operation(x, self.in_place))

    def forward(self, x):
        # The head overwrites the feature maps as well.
        maps = torch.tanh_(self.forward_features(x))
        return self.linear(maps.mean((2, 3)))


def identity(images):
    return images


def float_batch(n=4, channels=3):
    batch = soft_batch(n=n, shape=(channels, 6, 6))
    return Batch(batch.images.float() / 255, batch.targets, batch.ids)


@pytest.mark.parametrize("operation", BEGINNINGS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].needs_network])
def test_maps_are_those_of_a_network_that_does_not(kind, operation):
    batch = float_batch()
    kept = batch.images.clone()
    expected = KINDS[kind].build(Beginning(operation, False), identity)(batch)
    model = Beginning(operation, True).train()
    for saliency in (
        KINDS[kind].build(model, identity),
        # A view of the images, which is another tensor of the same memory.
        KINDS[kind].build(model, lambda images: images[:]),
    ):
        with left_as_it_was(model):
            found = saliency(batch)
        assert torch.equal(batch.images, kept)
        assert torch.equal(found, expected)
    half = HalfResolution(KINDS[kind].build(model, identity))
    assert half(batch).shape == expected.shape
    assert torch.equal(batch.images, kept)


@pytest.mark.parametrize("kind", ["gradient", "grad-cam", "activation", "smoothgrad"])
def test_a_gray_image_that_is_expanded_to_three_channels(kind):
    """The three are one place in memory, in which nothing can be written."""
    batch = float_batch(channels=1)
    kept = batch.images.clone()

    def three(images):
        return images.expand(-1, 3, -1, -1)

    expected = KINDS[kind].build(Beginning(rectified, False), three)(batch)
    found = KINDS[kind].build(Beginning(rectified, True), three)(batch)
    assert torch.equal(found, expected)
    assert torch.equal(batch.images, kept)


def networks(operation):
    unit = Normalize((0.0,) * 3, (1.0,) * 3)
    for in_place in (True, False):
        model = Beginning(operation, in_place)
        yield Network(model, unit, Speed(), torch.device("cpu"))


@pytest.mark.parametrize("operation", BEGINNINGS, ids=lambda each: each.__name__)
@pytest.mark.parametrize("teacher", ["live", "live:half", "self"])
def test_sources_leave_the_batch_as_it_is(operation, teacher):
    batch = float_batch()
    kept = batch.images.clone()
    in_place, other = networks(operation)
    for kind in ("gradient", "label-gradient", "grad-cam", "activation", "smoothgrad"):
        expected = saliency_source(kind, other, read_teacher(teacher))(batch)
        assert torch.equal(saliency_source(kind, in_place, read_teacher(teacher))(batch), expected)
        assert torch.equal(batch.images, kept)


class Digits:
    """What `measure_robustness` asks of a data set."""

    num_classes = 5
    fingerprint = "in place"


@pytest.mark.parametrize("operation", BEGINNINGS, ids=lambda each: each.__name__)
def test_evaluation_and_corruptions_leave_images_as_they_are(operation):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (15, 3, 16, 16), dtype=np.uint8)
    split = Split(images.copy(), np.arange(15) % 5, np.arange(15))
    in_place, other = networks(operation)
    expected = evaluate(other, split, 5, 4)
    for _ in range(2):
        assert (evaluate(in_place, split, 5, 4).logits == expected.logits).all()
        assert (split.images == images).all()
    found = measure_robustness(in_place, Digits(), split, 10, 4)
    assert measure_robustness(other, Digits(), split, 10, 4) == found
    assert (split.images == images).all()
