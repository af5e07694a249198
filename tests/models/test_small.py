"""`small`: any image size, layout and number of channels, and that it learns."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from torch.nn import functional as F

from augury.models import ModelSpec, build_model


@settings(max_examples=20, deadline=None)
@given(
    size=st.integers(8, 40),
    channels=st.sampled_from([1, 3]),
    num_classes=st.integers(2, 20),
    batch=st.integers(2, 4),
)
def test_takes_any_image_from_8_pixels(
    size: int, channels: int, num_classes: int, batch: int
) -> None:
    model = build_model(ModelSpec("small", num_classes, channels, image_size=size), seed=0)
    logits = model(torch.randn(batch, channels, size, size))
    assert logits.shape == (batch, num_classes)
    assert logits.isfinite().all()


def test_parameters() -> None:
    # Convolutions without bias, two numbers a channel for normalization, one linear layer.
    pairs = [(3, 32), (32, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256)]
    expected = sum(9 * a * b + 2 * b for a, b in pairs) + 257 * 10
    model = build_model(ModelSpec("small", 10, 3), seed=0)
    assert sum(p.numel() for p in model.parameters()) == expected


def test_first_loss_is_near_that_of_a_guess() -> None:
    model = build_model(ModelSpec("small", 10, 3), seed=0)
    loss = F.cross_entropy(model(torch.randn(64, 3, 32, 32)), torch.arange(64) % 10)
    assert loss.item() == pytest.approx(np.log(10), abs=0.15)


def test_memory_layout_does_not_matter() -> None:
    model = build_model(ModelSpec("small", 10, 3), seed=0)
    images = torch.randn(4, 3, 32, 32)
    plain = model(images)
    model.to(memory_format=torch.channels_last)
    turned = model(images.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(turned, plain, atol=1e-5, rtol=1e-4)


def train_on_digits(seed: int) -> float:
    """Accuracy on 597 digits after four epochs over 880 others."""
    digits = load_digits()
    images = torch.from_numpy(digits.images / 16).float()[:, None]
    images = (images.repeat_interleave(2, 2).repeat_interleave(2, 3) - 0.305) / 0.376
    labels = torch.from_numpy(digits.target)
    order = np.random.default_rng(seed).permutation(len(labels))
    train, test = order[:880], order[1200:]
    model = build_model(ModelSpec("small", 10, 1, image_size=16), seed)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9, nesterov=True)
    for epoch in range(4):
        for rows in np.array_split(np.random.default_rng(epoch).permutation(train), 14):
            loss = F.cross_entropy(model(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        return float((model.eval()(images[test]).argmax(1) == labels[test]).float().mean())


def test_learns_digits_in_seconds() -> None:
    assert train_on_digits(seed=0) >= 0.97
