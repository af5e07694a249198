import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.mixing.resizemix import ResizeMix, ResizeMixParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, soft_batch
from helpers.sampling import DRAWS, is_rate, random_partners, sampled_boxes


def shrink(image, height, width):
    """Bilinear without antialiasing, pixel by pixel: (C, H, W) -> (C, height, width)."""
    found = np.empty((len(image), height, width))
    for i in range(height):
        for j in range(width):
            parts = []
            for place, side, length in ((i, image.shape[1], height), (j, image.shape[2], width)):
                # Pixel centers lie at half numbers of the unit in which both images are 1 wide.
                where = min(max((place + 0.5) * side / length - 0.5, 0), side - 1)
                low = math.floor(where)
                parts.append((low, min(low + 1, side - 1), where - low))
            (top, bottom, v), (left, right, h) = parts
            upper = (1 - h) * image[:, top, left] + h * image[:, top, right]
            lower = (1 - h) * image[:, bottom, left] + h * image[:, bottom, right]
            found[:, i, j] = (1 - v) * upper + v * lower
    return found


def paper(images, targets, partner, boxes):
    """Paste(Resize(x_j), x_i) for one image at a time, and λ y_j + (1 - λ) y_i by the area."""
    mixed, labels = images.copy(), []
    for i, (j, (top, left, height, width)) in enumerate(zip(partner, boxes, strict=True)):
        small = shrink(images[j], height, width)
        mixed[i, :, top : top + height, left : left + width] = small
        share = height * width / (images.shape[2] * images.shape[3])
        labels.append(share * targets[j] + (1 - share) * targets[i])
    return mixed, np.stack(labels)


@st.composite
def cases(draw):
    """A shape, and for each of 1 to 4 images a box that lies within it."""
    shape = draw(st.sampled_from([1, 3])), draw(st.integers(1, 24)), draw(st.integers(1, 24))
    boxes = []
    for _ in range(draw(st.integers(1, 4))):
        height, width = (draw(st.integers(0, side)) for side in shape[1:])
        top, left = draw(st.integers(0, shape[1] - height)), draw(st.integers(0, shape[2] - width))
        boxes.append((top, left, height, width))
    return shape, boxes


@given(
    case=cases(),
    seed=st.integers(0, 1000),
    dtype=st.sampled_from([torch.uint8, torch.float32, torch.bfloat16]),
)
def test_equals_the_paper(case, seed, dtype):
    shape, boxes = case
    n = len(boxes)
    batch = soft_batch(seed, n, shape, dtype)
    partner = random_partners(seed, n)
    found = ResizeMix().apply(batch, ResizeMixParams(partner, *torch.tensor(boxes).T))
    assert found.images.dtype == torch.float32
    images = batch.images.double().numpy() / (255 if dtype == torch.uint8 else 1)
    mixed, labels = paper(images, batch.targets.double().numpy(), partner.numpy(), boxes)
    np.testing.assert_allclose(found.images.numpy(), mixed, atol=1e-5)
    np.testing.assert_allclose(found.targets.numpy(), labels, atol=1e-6)


@pytest.mark.parametrize("size", [(32, 32), (224, 224), (50, 37)])
def test_the_pasted_image_is_what_torch_resizes(size):
    batch = soft_batch(0, 8, (3, *size), torch.float32)
    params = ResizeMix().sample(batch, Draws(0, 0, batch.ids))
    found = ResizeMix().apply(batch, params)
    for i in range(8):
        top, left, height, width, partner = (
            int(getattr(params, name)[i]) for name in ("top", "left", "height", "width", "partner")
        )
        expected = batch.images[i].clone()
        expected[:, top : top + height, left : left + width] = torch.nn.functional.interpolate(
            batch.images[partner : partner + 1], (height, width), mode="bilinear"
        )[0]
        # Of 224 pixels, float32 places the ends of a row to 2e-5 of a pixel.
        torch.testing.assert_close(found.images[i], expected, atol=5e-5, rtol=0)


def test_by_hand():
    """4 by 4 shrunk to 2 by 2 is the mean of each quarter, as its middle is read."""
    ramp = torch.arange(16.0).view(1, 4, 4) / 16
    batch = distinct_batch(torch.stack((torch.ones(1, 4, 4), ramp)))
    box = [torch.tensor(pair) for pair in ([1, 0], [2, 0], [2, 0], [2, 0])]
    found = ResizeMix().apply(batch, ResizeMixParams(torch.tensor([1, 0]), *box))
    expected = torch.ones(4, 4)
    expected[1:3, 2:4] = torch.tensor([[2.5, 4.5], [10.5, 12.5]]) / 16
    torch.testing.assert_close(found.images[0, 0], expected)
    assert torch.equal(found.images[1], ramp)
    assert found.targets.tolist() == [[0.75, 0.25], [0, 1]]


def test_stored_maps_follow():
    batch = soft_batch(0, 5, (3, 6, 7), torch.float32)
    found = ResizeMix()(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    torch.testing.assert_close(move(batch.images), found.images)
    assert move(batch.images[:, :1]).shape == (5, 1, 6, 7)


@pytest.mark.parametrize("scale", [(0.1, 0.8), (0.3, 0.4)])
def test_the_scale_is_uniform(scale):
    """On 1000 by 1000 pixels rounding is far below what 60,000 draws can show."""
    _, _, height, width = sampled_boxes(ResizeMix(scale), 1000, 1000)
    assert np.array_equal(height, width)
    low, high = scale
    jitter = np.random.default_rng(0).random(DRAWS) - 0.5
    assert stats.kstest((height + jitter) / 1000, "uniform", (low, high - low)).pvalue > 1e-4
    assert height.min() >= 1000 * low - 0.5
    assert height.max() <= 1000 * high + 0.5


def test_the_position_is_uniform_over_all_that_fit():
    top, left, height, width = sampled_boxes(ResizeMix(), 20, 30)
    shares = []
    for start, length, side in ((top, height, 20), (left, width, 30)):
        assert (start >= 0).all()
        assert (start + length <= side).all()
        # The middle of the pixel's cell, as a share of the room: uniform, whatever the length.
        shares.append((start + np.random.default_rng(1).random(DRAWS)) / (side - length + 1))
        assert stats.kstest(shares[-1], "uniform").pvalue > 1e-4
    together = np.corrcoef(np.stack([*shares, height]))
    assert np.abs(together - np.eye(3)).max() < 4.5 / DRAWS**0.5


def test_both_sides_are_rounded_to_at_least_one_pixel():
    _, _, height, width = sampled_boxes(ResizeMix(scale=(0.1, 0.1)), 4, 26)
    assert set(height) == {1}
    assert set(width) == {3}


def test_p_is_the_rate_of_mixed_images():
    _, _, height, width = sampled_boxes(ResizeMix(p=0.3), 1000, 1000)
    mixed = height > 0
    assert np.array_equal(mixed, width > 0)
    assert is_rate(torch.from_numpy(mixed), 0.3)
    jitter = np.random.default_rng(0).random(mixed.sum()) - 0.5
    assert stats.kstest((height[mixed] + jitter) / 1000, "uniform", (0.1, 0.7)).pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": (0.5, 0.1)}, r"scale: must be a rising pair within \[0, 1\]"),
        ({"scale": (0.5, 1.2)}, r"scale: must be a rising pair within \[0, 1\]"),
        ({"p": 2}, r"p: must lie in \[0, 1\], got 2"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        ResizeMix(**arguments)
