import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter, ImageOps
from scipy.ndimage import gaussian_filter
from torchvision.transforms import Grayscale

from augury.augment import build_augmentation
from augury.augment.policies.three_augment import ThreeAugment
from augury.batch import to_uint8
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

N = 90


@pytest.fixture(scope="module")
def batch():
    """Smooth images, in which a blur can be compared with PIL's."""
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(N, 3, 6, 6, generator=generator)
    images = torch.nn.functional.interpolate(coarse, 32, mode="bilinear", align_corners=True)
    return make_batch((images * 255).to(torch.uint8))


def test_each_image_gets_one_of_three_and_half_are_mirrored():
    flip, one, jitter = sample_many(ThreeAugment())
    for place in range(3):
        assert is_rate(one.choice == place, 1 / 3)
    assert is_rate(flip.horizontal, 0.5)
    assert not flip.vertical.any()
    both = flip.horizontal & (one.choice == 0)
    assert is_rate(both, 1 / 6)
    for kind in ("brightness", "contrast", "saturation"):
        factor = getattr(jitter, kind)
        assert 0.7 <= factor.min() < 0.7001
        assert 1.2999 < factor.max() <= 1.3 + 1e-6
        assert abs(float(factor.double().mean()) - 1) < 4 * 0.3 / (3 * len(factor)) ** 0.5
    assert not jitter.hue.any()


def test_pixels_are_those_of_the_authors_code(batch):
    """PIL's gray and solarize; its blur is three box filters, so that SciPy's is the reference."""
    augmentation = ThreeAugment(jitter=0.0)
    flip, one, jitter = augmentation.sample(batch, Draws(0, 0, batch.ids))
    found = to_uint8(augmentation.apply(batch, (flip, one, jitter)).images)
    seen = []
    for i, image in enumerate(batch.images):
        picture = Image.fromarray(image.permute(1, 2, 0).numpy())
        if flip.horizontal[i]:
            picture = ImageOps.mirror(picture)
        choice = int(one.choice[i])
        if choice == 0:
            picture, most = Grayscale(3)(picture), 1  # torchvision rounds
        elif choice == 1:
            picture, most = ImageOps.solarize(picture), 0
        else:
            sigma, most = float(one.params[2].sigma[i]), 0.51
            pixels = np.asarray(picture).astype(float)
            exact = gaussian_filter(pixels, (sigma, sigma, 0), mode="nearest", radius=6)
            by_boxes = np.asarray(picture.filter(ImageFilter.GaussianBlur(sigma)))
            assert np.abs(exact - by_boxes)[8:-8, 8:-8].max() < 6
            picture = exact
        expected = np.asarray(picture).transpose(2, 0, 1).astype(float)
        assert np.abs(found[i].numpy() - expected).max() <= most, choice
        seen.append(choice)
    assert set(seen) == {0, 1, 2}


def test_it_is_the_same_as_its_parts_by_name(batch):
    parameters = {
        "one": {
            "name": "one-of",
            "parts": [
                {"name": "grayscale", "p": 1.0},
                {"name": "solarize", "threshold": [128.0, 128.0], "p": 1.0},
                {"name": "blur", "sigma": [0.1, 2.0]},
            ],
        },
        "color-jitter": {"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.0},
    }
    described = build_augmentation("flip+one+color-jitter", parameters)
    found = build_augmentation("3-augment")(batch, Draws(1, 2, batch.ids)).images
    assert torch.equal(described(batch, Draws(1, 2, batch.ids)).images, found)


def test_bad_parameters_are_named():
    with pytest.raises(InputError, match="jitter: must be at least 0 and finite, got -1"):
        ThreeAugment(jitter=-1)
