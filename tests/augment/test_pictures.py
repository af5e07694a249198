"""Crops from pictures that do not fill their images, beside torchvision's on each picture alone."""

import numpy as np
import pytest
import torch
from scipy import stats
from torchvision.transforms import RandomCrop
from torchvision.transforms import RandomResizedCrop as Theirs

from augury.augment import (
    CenterCrop,
    Chain,
    Cutout,
    Flip,
    OneOf,
    RandAugment,
    RandomResizedCrop,
    ResizeCrop,
    build_augmentation,
)
from augury.augment.framing import crops_late, fitted, takes_pictures
from augury.batch import Batch, apply_moves
from augury.errors import InputError
from augury.rng import Draws, KeyTable
from helpers.fake_gpu import CUDA, fake_gpu, host_work

SIZE, CANVAS = (28, 28), (56, 48)
# Both shapes, a square, and one that is cut off on all sides.
EXTENTS = torch.tensor([[28, 44], [56, 28], [28, 28], [32, 28], [28, 48]])


def picture_batch(n=5, canvas=CANVAS, extents=EXTENTS, dtype=torch.uint8):
    """Noise within the pictures, and 255 around them, which no view may show."""
    extents = extents.repeat(n // len(extents), 1)
    generator = torch.Generator().manual_seed(0)
    images = torch.full((n, 3, *canvas), 255, dtype=torch.uint8)
    for image, (height, width) in zip(images, extents.tolist(), strict=True):
        top, left = (canvas[0] - height) // 2, (canvas[1] - width) // 2
        image[:, top : top + height, left : left + width] = torch.randint(
            0, 200, (3, height, width), generator=generator, dtype=torch.uint8
        )
    images = images if dtype == torch.uint8 else images.to(dtype) / 255
    ids = torch.arange(n)
    return Batch(images, torch.eye(2)[ids % 2], ids, extents=extents)


def alone(batch, row):
    """The picture at `row` as an image of its own."""
    height, width = batch.extents[row].tolist()
    top, left = (CANVAS[0] - height) // 2, (CANVAS[1] - width) // 2
    images = batch.images[row : row + 1, :, top : top + height, left : left + width]
    return Batch(images, batch.targets[row : row + 1], batch.ids[row : row + 1])


@pytest.mark.parametrize(
    "augmentation",
    [
        RandomResizedCrop(size=SIZE),
        RandomResizedCrop((0.9, 1.0), (0.9, 1.1), SIZE),  # often none of ten boxes fits
        ResizeCrop(SIZE),
        CenterCrop(SIZE),
        Chain([RandomResizedCrop(size=SIZE), Flip(), Cutout()]),
        OneOf([RandomResizedCrop(size=SIZE), ResizeCrop(SIZE)]),
        fitted(build_augmentation("torchvision-references"), 28, 28, pictures=True).parts[0],
    ],
    ids=["whole", "large boxes", "window", "center", "chain", "one of", "recipe"],
)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32], ids=str)
def test_each_picture_is_cut_as_it_is_alone(augmentation, dtype):
    """With the same draws: the pixels, and the maps that follow them."""
    batch = picture_batch(100, dtype=dtype)
    found = augmentation(batch, Draws(3, 7, batch.ids))
    assert found.images.shape == (100, 3, *SIZE)
    assert found.extents is None
    assert found.images.max() <= (200 if found.images.dtype == torch.uint8 else 200 / 255)
    moved = apply_moves(batch.images.float(), found.moves)
    for row in range(0, 100, 7):
        one = alone(batch, row)
        expected = augmentation(one, Draws(3, 7, one.ids))
        torch.testing.assert_close(found.images[row], expected.images[0], atol=1e-6, rtol=0)
        maps = apply_moves(one.images.float(), expected.moves)
        torch.testing.assert_close(moved[row], maps[0], atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("extent", "scale"), [((30, 90), (0.5, 1.0)), ((60, 31), (0.08, 1.0))], ids=str
)
def test_boxes_are_distributed_as_those_of_torchvision(extent, scale):
    """For a picture of that size on a larger canvas; the fallback is often needed at 30×90."""
    n, canvas, ratio = 30_000, (64, 96), (3 / 4, 4 / 3)
    images = torch.zeros(1, 1, *canvas).expand(n, -1, -1, -1)
    ids = torch.arange(n)
    batch = Batch(images, torch.ones(n, 1), ids, extents=torch.tensor([extent]).expand(n, -1))
    drawn = RandomResizedCrop(scale, ratio).sample(batch, Draws(5, 2, ids))
    top, left = drawn.top - (64 - extent[0]) // 2, drawn.left - (96 - extent[1]) // 2
    ours = torch.stack((top, left, drawn.height, drawn.width), dim=1).numpy()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        image = torch.zeros(1, *extent)
        theirs = np.array([Theirs.get_params(image, scale, ratio) for _ in range(6_000)])
    for values in (lambda b: b[:, 2] * b[:, 3], lambda b: b[:, 3] / b[:, 2], *COLUMNS):
        assert stats.ks_2samp(values(ours), values(theirs)).pvalue > 1e-4


COLUMNS = [lambda b, k=k: b[:, k] for k in range(4)]


def test_where_no_box_fits_the_largest_in_the_center_of_each_picture_is_taken():
    sizes = [(10, 40), (40, 10), (20, 20), (39, 20)]
    batch = Batch(
        torch.zeros(4, 1, 40, 40), torch.ones(4, 1), torch.arange(4), extents=torch.tensor(sizes)
    )
    scale, ratio = (1.0, 1.0), (3 / 4, 4 / 3)
    drawn = RandomResizedCrop(scale, ratio).sample(batch, Draws(5, 2, batch.ids))
    for row, (height, width) in enumerate(sizes):
        if (height, width) == (20, 20):  # a box of all fits
            continue
        top, left, *sides = Theirs.get_params(torch.zeros(1, height, width), scale, ratio)
        at = top + (40 - height) // 2, left + (40 - width) // 2
        assert (int(drawn.top[row]), int(drawn.left[row])) == at
        assert [int(drawn.height[row]), int(drawn.width[row])] == sides


def test_windows_are_distributed_as_those_of_torchvision():
    n, ids = 30_000, torch.arange(30_000)
    images = torch.zeros(1, 1, *CANVAS).expand(n, -1, -1, -1)
    batch = Batch(images, torch.ones(n, 1), ids, extents=torch.tensor([[56, 30]]).expand(n, -1))
    drawn = ResizeCrop(SIZE).sample(batch, Draws(5, 2, ids))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        image = torch.zeros(1, 56, 30)
        theirs = np.array([RandomCrop.get_params(image, SIZE)[:2] for _ in range(6_000)])
    assert stats.ks_2samp(drawn.top.numpy(), theirs[:, 0]).pvalue > 1e-4
    assert stats.ks_2samp((drawn.left - 9).numpy(), theirs[:, 1]).pvalue > 1e-4


@pytest.mark.parametrize(
    "augmentation",
    [Flip(), Chain([Flip(), RandomResizedCrop(size=SIZE)]), OneOf([ResizeCrop(SIZE), Flip()])],
    ids=["flip", "crop behind", "one of"],
)
def test_pictures_that_nothing_cuts_out_are_refused(augmentation):
    batch = picture_batch()
    with pytest.raises(InputError, match="pictures that do not fill their images must be cut from"):
        augmentation(batch, Draws(3, 7, batch.ids))


def test_fitted_arms_cut_first():
    """What doesn't cut its view sees the center of each picture; what does, the picture."""
    batch = picture_batch(100)
    center = CenterCrop(SIZE)(batch, Draws(3, 7, batch.ids)).images
    squares = Batch(center, batch.targets, batch.ids)
    for plain in (Flip(), Chain([Flip(), RandomResizedCrop()]), RandAugment()):
        assert not takes_pictures(plain)
        found = fitted(plain, 28, 28, pictures=True)(batch, Draws(3, 7, batch.ids))
        assert torch.equal(found.images, plain(squares, Draws(3, 7, batch.ids)).images)
    for cutting in (RandomResizedCrop(), Chain([ResizeCrop(), Flip()]), OneOf([ResizeCrop()])):
        assert takes_pictures(cutting)
    assert not takes_pictures(CenterCrop())
    mixed = OneOf([RandomResizedCrop(), Flip()])
    assert takes_pictures(mixed)
    found = fitted(mixed, 28, 28, pictures=True)(batch, Draws(3, 7, batch.ids))
    assert found.images.shape == (100, 3, *SIZE)
    late = [Chain([Flip(), RandomResizedCrop()]), OneOf([Chain([Flip(), ResizeCrop()])])]
    assert [crops_late(each) for each in (*late, Flip(), Chain([ResizeCrop(), Flip()]))] == [
        *(True, True),
        *(False, False),
    ]


@pytest.mark.parametrize(
    ("extents", "message"),
    [
        (EXTENTS.int(), r"extents: must be int64 of shape \(5, 2\), got torch.int32 \(5, 2\)"),
        (EXTENTS[:4], r"extents: must be int64 of shape \(5, 2\), got torch.int64 \(4, 2\)"),
        (EXTENTS * 2, r"must lie in 1..56 and 1..48, the height and width of the images, got 56"),
        (EXTENTS * 0, r"extents: must lie in 1..56 and 1..48, .*, got 0..0 and ..0"),
    ],
    ids=["int32", "four", "too large", "empty"],
)
def test_bad_extents_are_named(extents, message):
    good = picture_batch()
    batch = Batch(good.images, good.targets, good.ids, extents=extents)
    with pytest.raises(InputError, match=message):
        ResizeCrop(SIZE)(batch, Draws(3, 7, batch.ids))


@pytest.mark.parametrize("augmentation", [RandomResizedCrop(size=SIZE), ResizeCrop(SIZE)])
def test_nothing_waits_for_the_host(augmentation):
    with fake_gpu():
        images, ids = torch.zeros(5, 3, *CANVAS, dtype=torch.uint8), torch.arange(5)
        batch = Batch(images, torch.ones(5, 2), ids, extents=torch.full((5, 2), 40)).to(CUDA)
        assert batch.extents.device == CUDA
        keys, epoch = KeyTable(3, CUDA), torch.zeros((), dtype=torch.int64, device=CUDA)
        assert host_work(lambda: augmentation(batch, Draws(keys, epoch, batch.ids))) == []
