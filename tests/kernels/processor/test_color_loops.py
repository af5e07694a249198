"""The compiled color operations beside those of the plain path, to the bit."""

import pytest
import torch

from augury.augment import build_augmentation
from augury.augment.color.blur import Blur, BlurParams
from augury.augment.color.brightness import Brightness, BrightnessParams
from augury.augment.color.contrast import Contrast, ContrastParams
from augury.augment.color.grayscale import Grayscale, GrayscaleParams
from augury.augment.color.hue import Hue, HueParams
from augury.augment.color.saturation import Saturation, SaturationParams
from augury.augment.color.sharpness import Sharpness, SharpnessParams
from augury.kernels.run import run_steps
from augury.kernels.switch import plain_path
from augury.rng import Draws
from helpers.batches import make_batch

SIZES = [(1, 1), (1, 5), (4, 1), (2, 3), (3, 3), (13, 18), (32, 32)]

FACTORS = torch.tensor([0.0, 0.3, 0.999, 1.0, 1.4, 2.0, 5.0])
CASES = {
    "brightness": (Brightness(), BrightnessParams, FACTORS),
    "contrast": (Contrast(), ContrastParams, FACTORS),
    "saturation": (Saturation(), SaturationParams, FACTORS),
    "sharpness": (Sharpness(), SharpnessParams, FACTORS),
    "hue": (Hue(0.5), HueParams, torch.tensor([-0.5, -0.21, -0.01, 0.0, 1 / 6, 0.4, 0.5])),
    "grayscale": (Grayscale(), GrayscaleParams, torch.tensor([True, False])),
    "blur": (Blur((0.1, 2.0)), BlurParams, torch.tensor([0.1, 0.3, 0.8, 1.0, 1.7, 2.0])),
}


def images_of(channels, size, dtype):
    """(5, C, H, W): noise, dim noise, one color, black and white, grays."""
    shape = (channels, *size)
    noise = torch.rand(5, *shape, generator=torch.Generator().manual_seed(0))
    images = noise.clone()
    images[1] = 0.4 + noise[1] / 10
    images[2] = torch.linspace(0.2, 0.9, channels)[:, None, None]
    images[3] = noise[3].round()
    images[4] = noise[4, :1]
    return images if dtype == torch.float32 else (images * 255).round().to(torch.uint8)


def by_loops(augmentation, images, params):
    kept = images.clone()
    found = run_steps(images, augmentation.steps(params, tuple(images.shape[2:])))
    assert found is not None, "the plain path was taken"
    assert torch.equal(images, kept), "the input was written to"
    return found


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=str)
@pytest.mark.parametrize("name", CASES)
def test_each_method_is_that_of_the_plain_path(name, dtype):
    augmentation, make_params, amounts = CASES[name]
    for channels in (1, 3):
        for size in SIZES:
            kinds = images_of(channels, size, dtype)
            images = kinds.repeat(len(amounts), 1, 1, 1)
            params = make_params(amounts.repeat_interleave(len(kinds)))
            with plain_path():
                expected = augmentation.apply(make_batch(images), params).images
            assert torch.equal(by_loops(augmentation, images, params), expected), (channels, size)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=str)
@pytest.mark.parametrize(
    "name",
    [*CASES, "color-jitter", "posterize", "solarize", "invert", "autocontrast", "equalize"],
)
def test_as_drawn(name, dtype):
    augmentation = build_augmentation(name)
    images = images_of(3, (20, 17), dtype).repeat(30, 1, 1, 1)
    batch = make_batch(images)
    params = augmentation.sample(batch, Draws(1, 2, batch.ids))
    with plain_path():
        expected = augmentation.apply(batch, params).images
    found = by_loops(augmentation, images, params)
    assert found.dtype == expected.dtype
    assert torch.equal(found, expected)
