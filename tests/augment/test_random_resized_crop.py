import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import RandomResizedCrop as Theirs
from torchvision.transforms.v2 import functional as F

from augury.augment import RandomResizedCrop
from augury.augment.geometry.random_resized_crop import RandomResizedCropParams
from augury.batch import apply_moves
from augury.errors import InputError
from helpers.batches import make_batch
from helpers.sampling import sample_many

# Of images (C, H, W) to size; stored as large as the result, larger and smaller.
SIZES = [((3, 32, 32), None), ((3, 37, 32), (28, 20)), ((1, 50, 64), (9, 13)), ((3, 9, 7), (16, 5))]


def boxes(shape, n=40):
    """Random boxes within the images, among them all of one, and single pixels."""
    generator = np.random.default_rng(0)
    _, rows, columns = shape
    height, width = generator.integers(1, rows + 1, n), generator.integers(1, columns + 1, n)
    height[:3], width[:3] = (rows, 1, rows), (columns, 1, 1)
    top, left = generator.integers(0, rows - height + 1), generator.integers(0, columns - width + 1)
    return RandomResizedCropParams(*map(torch.from_numpy, (top, left, height, width)))


def expected(images, params, size):
    """By torchvision, one image at a time."""
    fields = (params.top, params.left, params.height, params.width)
    places = zip(*(each.tolist() for each in fields), strict=True)
    cut = [
        F.resized_crop(image, *place, list(size), antialias=True)
        for image, place in zip(images, places, strict=True)
    ]
    return torch.stack(cut)


@pytest.mark.parametrize(("shape", "size"), SIZES, ids=str)
def test_equals_torchvision(shape, size):
    params, generator = boxes(shape), torch.Generator().manual_seed(1)
    levels = torch.randint(0, 256, (40, *shape), generator=generator, dtype=torch.uint8)
    exact = torch.rand((40, *shape), generator=generator, dtype=torch.float64)
    for images in (levels, exact.float(), exact):
        found = RandomResizedCrop(size=size).apply(make_batch(images), params)
        floats = images.float() / 255 if images.dtype == torch.uint8 else images
        reference = expected(floats.double(), params, size or shape[1:])
        assert found.images.dtype == floats.dtype
        assert found.images.shape == (40, shape[0], *(size or shape[1:]))
        atol = 1e-12 if images.dtype == torch.float64 else 1e-6
        torch.testing.assert_close(found.images.double(), reference, atol=atol, rtol=0)
        torch.testing.assert_close(
            found.images, expected(floats, params, size or shape[1:]), atol=1e-5, rtol=0
        )


def test_a_box_of_the_whole_image_in_its_own_size_keeps_every_bit():
    images = torch.rand(5, 3, 11, 8)
    zero, rows, columns = (torch.full((5,), side) for side in (0, 11, 8))
    params = RandomResizedCropParams(zero, zero, rows, columns)
    assert torch.equal(RandomResizedCrop().apply(make_batch(images), params).images, images)


def test_maps_follow():
    params, images = boxes((3, 37, 32)), torch.rand(40, 3, 37, 32)
    found = RandomResizedCrop(size=(28, 20)).apply(make_batch(images), params)
    maps = torch.rand(40, 1, 37, 32)
    moved = apply_moves(maps, found.moves)
    torch.testing.assert_close(moved, expected(maps, params, (28, 20)), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("size", "scale", "ratio"),
    [
        ((40, 40), (0.08, 1.0), (3 / 4, 4 / 3)),
        ((30, 90), (0.5, 1.0), (3 / 4, 4 / 3)),  # often none of ten boxes fits
        ((60, 20), (0.2, 0.9), (0.5, 3.0)),
    ],
)
def test_boxes_are_distributed_as_those_of_torchvision(size, scale, ratio):
    drawn = sample_many(RandomResizedCrop(scale, ratio), size)
    ours = torch.stack((drawn.top, drawn.left, drawn.height, drawn.width), dim=1).numpy()
    image = torch.zeros(1, *size)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = np.array([Theirs.get_params(image, scale, ratio) for _ in range(8_000)])
    for values in (lambda b: b[:, 2] * b[:, 3], lambda b: b[:, 3] / b[:, 2], *COLUMNS):
        assert stats.ks_2samp(values(ours), values(theirs)).pvalue > 1e-4


COLUMNS = [lambda b, k=k: b[:, k] for k in range(4)]


def test_area_and_ratio_are_uniform_as_documented():
    """On a large image, where rounding to pixels counts little and most boxes fit."""
    drawn = sample_many(RandomResizedCrop((0.1, 0.5), (0.7, 1.3)), (1000, 1000))
    area = (drawn.height * drawn.width).double().numpy() / 1e6
    assert stats.kstest(area, stats.uniform(0.1, 0.4).cdf).pvalue > 1e-4
    ratio = np.log((drawn.width.double() / drawn.height).numpy())
    low, high = np.log((0.7, 1.3))
    assert stats.kstest(ratio, stats.uniform(low, high - low).cdf).pvalue > 1e-4
    for start, side in ((drawn.top, drawn.height), (drawn.left, drawn.width)):
        place = (start.double() + 0.5) / (1000 - side + 1)
        assert stats.kstest(place.numpy(), stats.uniform(0, 1).cdf).pvalue > 1e-4


@pytest.mark.parametrize("size", [(10, 40), (40, 10), (1, 7), (1, 1)])
def test_where_no_box_fits_the_largest_in_the_center_is_taken(size):
    scale, ratio = (1.0, 1.0), (3 / 4, 4 / 3)
    drawn = sample_many(RandomResizedCrop(scale, ratio), size)
    found = torch.stack((drawn.top, drawn.left, drawn.height, drawn.width), dim=1).unique(dim=0)
    assert found.tolist() == [list(Theirs.get_params(torch.zeros(1, *size), scale, ratio))]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": (0.5, 0.2)}, r"scale: must be a rising pair within \[0, 1\], got \(0.5, 0.2\)"),
        ({"scale": (0, 1)}, r"scale: must be over 0, got \(0, 1\)"),
        ({"ratio": (0, 1)}, r"ratio: must be over 0, got \(0, 1\)"),
        ({"size": (0, 5)}, r"size: must be \(height, width\) in pixels, at least 1, got \(0, 5\)"),
        ({"size": (8, 8, 8)}, r"size: must be \(height, width\) in pixels, at least 1, got"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        RandomResizedCrop(**arguments)
