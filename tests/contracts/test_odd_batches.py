"""What every method does with floats of any precision, rounding errors, and no images at all."""

import pytest
import torch

from augury.augment.recipes.published import PUBLISHED
from augury.batch import Batch
from augury.rng import Draws
from helpers.batches import rows_of
from helpers.registered import NAMES, labeled_batch, make, run

CHAINS = ["flip+crop", "normal+cutmix", "cutmix+rotate", "randaugment+flip+saliencymix"]
ALL = [*NAMES, *CHAINS]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("name", ALL)
def test_every_float_gives_what_float32_gives(name, dtype):
    """From the same values: the less precise bit for bit, float64 to 1e-6."""
    shape = (3, 12, 10)
    images = labeled_batch(shape, n=30).images.to(dtype) / 255
    targets = labeled_batch(shape, n=30).targets.to(dtype)
    batch = Batch(images, targets, labeled_batch(shape, n=30).ids)
    single = Batch(images.float(), targets.float(), batch.ids)
    augmentation = make(name, shape, n=30)
    found, expected = run(augmentation, batch), run(augmentation, single)
    assert found.images.dtype in (dtype, torch.promote_types(dtype, torch.float32))
    assert found.targets.dtype == dtype
    assert 0 <= found.images.min() <= found.images.max() <= 1
    exact = 2e-6 if dtype == torch.float64 else 0
    # Erased pixels are levels, rounded to the dtype of the image that they lie in.
    erased = torch.finfo(dtype).eps if "random-erasing" in name else 0
    if name in PUBLISHED and dtype == torch.float64:
        # Levels follow a resampling there, and what lies between two falls either way.
        apart = (found.images.float() - expected.images).abs()
        assert (apart > 1e-4).float().mean() < 0.05
    else:
        torch.testing.assert_close(
            found.images.float(), expected.images, rtol=0, atol=max(exact, erased)
        )
    torch.testing.assert_close(
        found.targets.float(), expected.targets, rtol=0, atol=max(exact, torch.finfo(dtype).eps)
    )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
@pytest.mark.parametrize("name", ALL)
def test_an_empty_batch_stays_empty(name, dtype):
    batch = rows_of(labeled_batch((3, 8, 9), dtype), slice(0, 0))
    augmentation = make(name, (3, 8, 9))
    found = run(augmentation, batch)
    assert found.images.shape == (0, 3, 8, 9)
    assert found.targets.shape == (0, 5)
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    assert len(augmentation.apply(batch, params)) == 0


@pytest.mark.parametrize("name", ALL)
def test_a_rounding_error_beyond_the_range_is_clipped(name):
    """As torchvision's rotate and blur make it: white of 1.0000001, and black a little under 0."""
    shape = (3, 12, 10)
    images = labeled_batch(shape, torch.float32, n=30).images
    over = torch.where(images == 1, 1.0000001, torch.where(images == 0, -1e-7, images))
    assert over.max() > 1
    assert over.min() < 0
    kept, batch = over.clone(), labeled_batch(shape, n=30)
    augmentation = make(name, shape, n=30)
    found = run(augmentation, batch.with_images(over))
    assert torch.equal(over, kept)
    assert torch.equal(found.images, run(augmentation, batch.with_images(images)).images)
