import numpy as np
import pytest
import torch

from augury.saliency import GradientMap, HalfResolution, InputGradient
from helpers.batches import soft_batch
from helpers.networks import Tiny, left_as_it_was, normalize


def pooled(images):
    """2×2 means, of fewer pixels at an odd border."""
    height, width = images.shape[2:]
    rows, columns = range(0, height, 2), range(0, width, 2)
    found = np.empty((*images.shape[:2], len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            found[:, :, i, j] = images[:, :, row : row + 2, column : column + 2].mean((2, 3))
    return found


def doubled(maps, size):
    """Bilinear between the centers of small pixels, the border repeated; maps (h, w)."""
    places = (np.arange(size) + 0.5) * len(maps) / size - 0.5
    below = np.floor(places).astype(int)
    share = places - below
    low, high = (np.clip(below + k, 0, len(maps) - 1) for k in (0, 1))
    rows = maps[low] * (1 - share)[:, None] + maps[high] * share[:, None]
    return rows[:, low] * (1 - share) + rows[:, high] * share


@pytest.mark.parametrize("size", [12, 11])
def test_equals_a_network_that_is_shown_small_images(size):
    batch, model = soft_batch(shape=(3, size, size)), Tiny()
    small = batch.with_images(torch.from_numpy(pooled(batch.images.numpy() / 255)).float())
    gradient = InputGradient(model, normalize)
    for saliency, scale in ((GradientMap(gradient), 1), (gradient, 4)):
        found = HalfResolution(saliency)(batch).numpy()
        planes = saliency(small).numpy().reshape(-1, 6, 6)
        expected = np.stack([doubled(plane, size) for plane in planes]) / scale
        np.testing.assert_allclose(found.reshape(-1, size, size), expected, atol=1e-5)


def test_the_network_is_as_before():
    model = Tiny().train()
    with left_as_it_was(model):
        HalfResolution(InputGradient(model, normalize))(soft_batch(shape=(3, 12, 12)))
