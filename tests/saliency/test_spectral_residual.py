import numpy as np
import pytest
import torch
from scipy import ndimage

from augury.errors import InputError
from augury.saliency import KINDS, SpectralResidual, kind_at, newest_revision
from helpers.batches import make_batch

# What SciPy calls the three borders.
MODES = {"zeros": "constant", "mirrored": "mirror", "repeated": "nearest"}


def batch_of(images):
    return make_batch(torch.from_numpy(images))


def make_images(shape, n=6):
    """Smooth images with a bright spot, as photographs rather than noise."""
    generator = np.random.default_rng(0)
    noise = ndimage.gaussian_filter(generator.random((n, *shape)), (0, 0, 2, 2), mode="wrap")
    low, high = noise.min((1, 2, 3), keepdims=True), noise.max((1, 2, 3), keepdims=True)
    return (255 * (noise - low) / (high - low + 1e-9)).astype(np.uint8)


def resized(gray, height, width):
    """Bilinear, with antialiasing where it shrinks."""
    return weights(height, len(gray)) @ gray @ weights(width, len(gray[0])).T


def weights(outputs, inputs):
    """(outputs, inputs): a triangle about each output's place, as wide as the shrinking asks."""
    scale = inputs / outputs
    centers = (np.arange(outputs) + 0.5) * scale - 0.5
    if scale <= 1:
        centers = centers.clip(0, inputs - 1)
    distance = np.abs(np.arange(inputs) - centers[:, None]) / max(scale, 1)
    heights = np.maximum(1 - distance, 0)
    return heights / heights.sum(1, keepdims=True)


def by_hand(image, mode="constant"):
    """Hou and Zhang's steps, one image at a time; image (C, H, W) uint8; mode: beyond the map."""
    pixels = image / 255
    gray = pixels[0] if len(pixels) == 1 else np.tensordot([0.299, 0.587, 0.114], pixels, 1)
    height, width = gray.shape
    if max(height, width) > 128:
        share = 128 / max(height, width)
        gray = resized(gray, round(height * share), round(width * share))
    spectrum = np.fft.fft2(gray)
    log_amplitude = np.log(np.sqrt(np.abs(spectrum) ** 2 + 1e-10))
    residual = log_amplitude - ndimage.uniform_filter(log_amplitude, 3, mode="nearest")
    phase = spectrum / np.exp(log_amplitude)
    back = np.fft.ifft2(np.exp(residual) * phase)
    seen = ndimage.gaussian_filter(np.abs(back), 3, radius=3, mode=mode)
    if seen.shape != (height, width):
        seen = resized(seen, height, width)
    return seen / seen.max()


@pytest.mark.parametrize(
    "shape",
    [(1, 8, 8), (3, 32, 32), (1, 28, 28), (3, 37, 51), (3, 128, 96), (3, 150, 224)],
    ids=str,
)
def test_equals_numpy_and_scipy(shape):
    images = make_images(shape)
    for border, mode in MODES.items():
        found = SpectralResidual(border)(batch_of(images))
        assert found.shape == (6, *shape[1:])
        assert found.dtype == torch.float32
        for image, seen in zip(images, found.numpy(), strict=True):
            np.testing.assert_allclose(seen, by_hand(image, mode), atol=1e-5)


def test_beyond_the_map_there_is_nothing_by_default():
    """As in Hou & Zhang's code, whose `imfilter` pads with zeros."""
    images = make_images((3, 32, 32))
    found = SpectralResidual()(batch_of(images))
    assert torch.equal(found, SpectralResidual("zeros")(batch_of(images)))
    for image, seen in zip(images, found.numpy(), strict=True):
        np.testing.assert_allclose(seen, by_hand(image, "constant"), atol=1e-5)


def test_what_lies_on_the_border_does_not_outweigh_the_rest():
    """A spectrum wraps around: the seam between two opposite sides stands out in every photograph.

    A ramp has no other place that does, and a spot in its middle must be found all the same.
    """
    image = np.linspace(40, 200, 32)[:, None] + np.zeros((32, 32))
    image[14:17, 17:20] = 255
    batch = batch_of(image.astype(np.uint8)[None, None])
    row, column = divmod(int(SpectralResidual()(batch).argmax()), 32)
    assert 12 <= row < 19
    assert 15 <= column < 22


def test_an_unknown_border_is_refused():
    with pytest.raises(InputError, match=r"unknown border 'zero'. Did you mean 'zeros'"):
        SpectralResidual("zero")


def test_a_name_stands_for_the_kind_that_a_study_began_with():
    images = make_images((3, 32, 32))
    for revision, mode in ((1, "nearest"), (2, "constant"), (3, "constant")):
        kind = kind_at("spectral-residual", revision)
        maps = kind.build(None, None)(batch_of(images)).numpy()
        for image, seen in zip(images, maps, strict=True):
            np.testing.assert_allclose(seen, by_hand(image, mode), atol=1e-5)
    assert all(kind_at(name, newest_revision()) == kind for name, kind in KINDS.items())
    assert kind_at("gradient", 1) == KINDS["gradient"]
    assert newest_revision(["gradient", "spectral-residual"]) == 2
    assert newest_revision(["gradient", "activation"]) == newest_revision([]) == 1


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 13, 22), (3, 140, 90), (1, 1, 1)], ids=str)
def test_an_image_has_the_same_bits_in_any_batch(shape):
    images = make_images(shape, n=23)
    order = np.random.default_rng(1).permutation(23)
    for border in MODES:
        saliency = SpectralResidual(border)
        whole = saliency(batch_of(images))
        assert torch.equal(saliency(batch_of(images[order])), whole[torch.from_numpy(order)])
        for i in range(0, 23, 4):
            assert torch.equal(saliency(batch_of(images[i : i + 3])), whole[i : i + 3])


def test_what_stands_out_is_salient():
    generator = np.random.default_rng(0)
    texture = ndimage.gaussian_filter(generator.random((64, 64)), 1.5, mode="wrap")
    image = (100 + 200 * (texture - 0.5)).astype(np.uint8)
    image[40:46, 18:24] = 220
    (found,) = SpectralResidual()(batch_of(image[None, None]))
    row, column = divmod(int(found.argmax()), 64)
    assert 38 <= row < 48
    assert 16 <= column < 26


@pytest.mark.parametrize("value", [0, 119, 255])
def test_a_blank_image_is_salient_everywhere_or_nowhere(value):
    batch = batch_of(np.full((1, 3, 20, 31), value, np.uint8))
    for border in ("mirrored", "repeated"):
        found = SpectralResidual(border)(batch)
        torch.testing.assert_close(found, torch.full_like(found, float(value > 0)))


@pytest.mark.parametrize("value", [0, 119, 255])
def test_with_zeros_beyond_it_a_blank_image_is_fainter_near_its_border(value):
    """By how much of the Gaussian lies within: 1, .9459, .8007 and .6065 at 0, 1, 2, 3 pixels."""
    (found,) = SpectralResidual()(batch_of(np.full((1, 3, 20, 31), value, np.uint8)))
    sides = np.array([3.3531, 4.2990, 5.0997, 5.7062]) / 5.7062
    along = [np.concatenate((sides, np.ones(n - 8), sides[::-1])) for n in (20, 31)]
    expected = np.outer(*along) * (value > 0)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-4)
