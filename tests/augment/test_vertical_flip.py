import numpy as np
import pytest
import torch
from torchvision.transforms.v2.functional import vertical_flip

from augury.augment.chain import Chain
from augury.augment.geometry.flip import Flip, FlipParams
from augury.augment.geometry.vertical_flip import VerticalFlip
from augury.augment.registry import to_config
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import noise_batch
from helpers.sampling import is_rate, sample_many


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_equals_torchvision(dtype):
    batch = noise_batch(40, (3, 5, 4))
    batch = batch if dtype == torch.uint8 else batch.with_images(batch.images / 255)
    augmentation = VerticalFlip()
    assert augmentation.has_steps
    params = augmentation.sample(batch, Draws(1, 2, batch.ids))
    assert 0 < int(params.vertical.sum()) < 40
    found = augmentation(batch, Draws(1, 2, batch.ids)).images
    assert found.dtype == dtype
    for image, mirrored, one in zip(batch.images, params.vertical, found, strict=True):
        assert torch.equal(one, vertical_flip(image) if mirrored else image)


def test_the_rate_is_the_documented_and_the_draws_are_its_own():
    params = sample_many(VerticalFlip())
    assert is_rate(params.vertical, 0.5)
    assert not params.horizontal.any()
    assert is_rate(sample_many(VerticalFlip(0.2)).vertical, 0.2)
    flips = sample_many(Flip(0.5, 0.5))
    for other in (flips.horizontal, flips.vertical):
        r = np.corrcoef(params.vertical.numpy(), other.numpy())[0, 1]
        assert abs(r) < 4.5 / len(other) ** 0.5


def test_with_flip_all_four_are_equally_likely():
    both: tuple[FlipParams, FlipParams] = sample_many(Chain([Flip(), VerticalFlip()]))
    assert is_rate(both[0].horizontal & both[1].vertical, 0.25)


def test_it_is_written_under_its_own_name():
    assert to_config(VerticalFlip(0.2)) == {"name": "vertical-flip", "p": 0.2}


def test_a_bad_probability_is_named():
    with pytest.raises(InputError, match=r"p: must lie in \[0, 1\], got 1.5"):
        VerticalFlip(p=1.5)
