import pytest
import torch
from torchvision.transforms.v2 import functional as F

from augury.augment import CenterCrop
from augury.batch import apply_moves
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch

SIZES = [(h, w) for h in (1, 4, 7, 8, 9) for w in (1, 5, 10, 11)]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_equals_torchvision(dtype):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (3, 3, 9, 11), generator=generator, dtype=torch.uint8).to(dtype)
    batch = make_batch(images if dtype == torch.uint8 else images / 255)
    maps = torch.rand(3, 1, 9, 11)
    for size in SIZES:
        found = CenterCrop(size)(batch, Draws(0, 0, batch.ids))
        assert torch.equal(found.images, F.center_crop(batch.images, list(size)))
        assert torch.equal(apply_moves(maps, found.moves), F.center_crop(maps, list(size)))


def test_without_a_size_images_stay():
    batch = make_batch(torch.rand(2, 1, 6, 7))
    assert CenterCrop()(batch, Draws(0, 0, batch.ids)).images is batch.images


def test_a_larger_size_is_refused():
    batch = make_batch(torch.zeros(2, 1, 6, 7))
    with pytest.raises(InputError, match="a view of 6×8 pixels cannot be cut from images of 6×7"):
        CenterCrop((6, 8))(batch, Draws(0, 0, batch.ids))
