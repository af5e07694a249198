import math

import numpy as np
import pytest
import torch

from augury.augment import Chain, Crop, Cutout, Identity, Normal, OneOf, build_augmentation
from augury.augment.geometry.normal import NormalParams
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from augury.saliency import MapCache
from helpers.batches import noise_batch


@pytest.fixture
def batch():
    return noise_batch(50, (3, 32, 32), step=1)


def test_a_chain_is_its_parts_one_after_the_other(batch):
    draws = Draws(1, 2, batch.ids)
    expected = batch
    for part in (Crop(), Cutout(length=0.25), Normal()):
        expected = part(expected, draws)
    parameters = {"cutout": {"length": 0.25}, "normal": {}}
    found = build_augmentation("crop+cutout+normal", parameters)(batch, draws)
    assert torch.equal(found.images, expected.images)


def bilinear(image, y, x):
    """One (H, W) image read at one point in pixels, black beyond the border."""
    padded = np.pad(image, 2)
    top, left = math.floor(y), math.floor(x)
    down, right = y - top, x - left
    (a, b), (c, d) = padded[top + 2 : top + 4, left + 2 : left + 4]
    return (a * (1 - right) + b * right) * (1 - down) + (c * (1 - right) + d * right) * down


def test_neighbors_that_move_pixels_are_resampled_once(batch):
    """`normal` and `crop`, point by point: where crop reads, normal's image would be read there."""
    small = Batch(batch.images[:4, :1, :9, :12], batch.targets[:4], batch.ids[:4])
    height, width = 9, 12
    chain = Chain([Normal(rotation=30, zoom=0.4), Crop(padding=0.3)])
    params = normal, crop = chain.sample(small, Draws(0, 0, small.ids))
    found = chain.apply(small, params).images
    for n in range(4):
        angle = math.radians(float(normal.angle[n]))
        image = small.images[n, 0].double().numpy() / 255
        for i in range(height):
            for j in range(width):
                row, column = i + int(crop.down[n]), j + int(crop.right[n])
                if not (0 <= row < height and 0 <= column < width):
                    assert found[n, 0, i, j] == 0
                    continue
                v = (row - (height - 1) / 2) * float(normal.zoom[n, 0])
                u = (column - (width - 1) / 2) * float(normal.zoom[n, 1])
                u = -u if normal.flip[n] else u
                y = math.cos(angle) * v - math.sin(angle) * u + (height - 1) / 2
                x = math.sin(angle) * v + math.cos(angle) * u + (width - 1) / 2
                y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
                assert float(found[n, 0, i, j]) == pytest.approx(bilinear(image, y, x), abs=1e-5)


def test_two_moves_that_undo_each_other_lose_nothing(batch):
    """Resampled twice, a rotation there and back would blur; resampled once it does not."""
    there, back = Normal(), Normal()
    chain = Chain([there, back])
    n = len(batch)
    turns = [
        NormalParams(torch.full((n,), a), torch.ones(n, 2), torch.zeros(n, dtype=torch.bool))
        for a in (20.0, -20.0)
    ]
    found = chain.apply(batch, tuple(turns)).images[:, :, 8:24, 8:24]
    expected = batch.images[:, :, 8:24, 8:24].float() / 255
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    twice = back.apply(there.apply(batch, turns[0]), turns[1]).images[:, :, 8:24, 8:24]
    assert (twice - expected).abs().mean() > 0.01


def test_a_repeated_part_has_draws_of_its_own(batch):
    first, second = Chain([Crop(), Crop()]).sample(batch, Draws(0, 0, batch.ids))
    alone = Crop().sample(batch, Draws(0, 0, batch.ids))
    assert torch.equal(first.down, alone.down)
    assert not torch.equal(second.down, alone.down)


def test_stored_maps_move_with_their_image(batch):
    """The map is the image's own brightness, so that after any moves it still must be."""
    values = batch.images.float().mean(1).round().to(torch.uint8)
    gray = Batch(values[:, None].expand(-1, 3, -1, -1), batch.targets, batch.ids)
    seen = []

    class Look(Identity):
        def sample(self, batch, draws):
            seen.append((batch.images, MapCache(gray.ids, values)(batch)))
            return super().sample(batch, draws)

    parts = [Normal(20, 0.3), Crop(), Look(), OneOf([Normal(), Crop()]), Look()]
    Chain(parts)(gray, Draws(0, 0, gray.ids))
    for images, maps in seen:
        torch.testing.assert_close(maps, images.mean(1), atol=1e-5, rtol=0)


def test_an_unknown_part_is_named():
    with pytest.raises(InputError, match=r"unknown augmentation 'cutot'\. Did you mean 'cutout'"):
        build_augmentation("normal+cutot")
