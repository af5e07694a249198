import pytest
import torch

from augury.saliency import MapCache
from helpers.batches import make_batch


def batches(ids, images):
    for start in range(0, len(ids), 3):
        rows = slice(start, start + 3)
        yield make_batch(images[rows], ids=ids[rows])


@pytest.fixture
def stored():
    ids = torch.tensor([40, 7, 19, 3, 100, 55, 21])
    return ids, torch.rand(7, 1, 4, 4, generator=torch.Generator().manual_seed(0))


def test_maps_are_found_by_id_in_any_order(stored):
    ids, images = stored
    cache = MapCache.of(lambda batch: batch.images[:, 0], batches(ids, images))
    rows = torch.tensor([5, 0, 3])
    found = cache(make_batch(images[rows], ids=ids[rows]))
    # uint8 stands for [0, 1] in steps of 1 / 255.
    torch.testing.assert_close(found, images[rows, 0], atol=0.5 / 255 + 1e-6, rtol=0)
    assert cache.values.dtype == torch.uint8


def test_gradients_keep_their_sign_and_size(stored):
    ids, images = stored
    signed = (images - 0.5) * 20
    cache = MapCache.of(lambda batch: (batch.images - 0.5) * 20, batches(ids, images))
    found = cache(make_batch(images, ids=ids))
    torch.testing.assert_close(found, signed, rtol=2**-11, atol=1e-6)


def test_maps_move_with_their_images(stored):
    """Flipped, then mixed with the next one's: what was done to pixels is done to maps."""
    ids, images = stored
    cache = MapCache.of(lambda batch: batch.images[:, 0], batches(ids, images))
    batch = make_batch(images, ids=ids)
    flipped = batch.moved(images.flip(3), lambda maps: maps.flip(3))
    mixed = flipped.moved(
        (images.flip(3) + images.flip(3).roll(1, 0)) / 2, lambda maps: (maps + maps.roll(1, 0)) / 2
    )
    torch.testing.assert_close(cache(flipped), flipped.images[:, 0], atol=0.5 / 255 + 1e-6, rtol=0)
    torch.testing.assert_close(cache(mixed), mixed.images[:, 0], atol=0.5 / 255 + 1e-6, rtol=0)
