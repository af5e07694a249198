"""The compiled loops beside the plain path: every method, and chains of all kinds of steps."""

import numpy as np
import pytest
import torch

from augury.augment import AUGMENTATIONS, Chain, Cutout, Normal, RandomErasing, Rotate
from augury.augment.normalized import augment_normalized
from augury.batch import apply_moves, normalized
from augury.kernels import plain_path
from augury.kernels.processor import pieces, ready
from augury.kernels.steps import Scale
from augury.rng import Draws
from helpers.batches import rows_of
from helpers.registered import labeled_batch, make, run

pytestmark = pytest.mark.usefixtures("compiled_loops")

CHAINS = [
    "normal+random-erasing",
    "flip+crop",
    "random-erasing+flip+normal+cutout",
    "rotate+shear+zoom+translate",
    "crop+cutout+flip+random-erasing",
    "flip+trivialaugment+cutout",
    "normal+randaugment+crop",
    "augmix+random-erasing",
    "flip+equalize+hue+blur+random-erasing",
    "normal+posterize+contrast+sharpness+crop",
    "normal+cutmix+flip+random-erasing",
    "salience+normal+cutout",
    "normal+coarse-dropout+perspective+fmix",
]
KINDS = [
    ((3, 32, 32), torch.uint8),
    ((3, 17, 10), torch.float32),
    ((1, 9, 14), torch.uint8),
    ((1, 1, 1), torch.float32),
    ((3, 1, 7), torch.uint8),
    ((3, 64, 48), torch.float32),
]
SOME = ["normal+random-erasing", "flip", "crop+cutout", "trivialaugment", "augmix"]


def images_of(name, shape, dtype, n=40):
    """Of noise, with values between the levels where floats are asked for."""
    batch = labeled_batch(shape, dtype, n)
    if dtype == torch.uint8:
        return batch
    return batch.with_images(
        torch.rand(batch.images.shape, generator=torch.Generator().manual_seed(5))
    )


def by_plain_path(augmentation, batch):
    with plain_path():
        return run(augmentation, batch)


@pytest.mark.parametrize(("shape", "dtype"), KINDS, ids=str)
@pytest.mark.parametrize("name", [*AUGMENTATIONS, *CHAINS])
def test_the_plain_path_gives_the_same(name, shape, dtype):
    batch, augmentation = images_of(name, shape, dtype), make(name, shape, 40)
    found, expected = run(augmentation, batch), by_plain_path(augmentation, batch)
    assert found.images.dtype == expected.images.dtype
    torch.testing.assert_close(found.images, expected.images, atol=1e-6, rtol=0)
    assert torch.equal(found.targets, expected.targets)
    assert torch.equal(found.ids, expected.ids)
    maps = torch.rand((40, 2, *shape[1:]), generator=torch.Generator().manual_seed(6))
    moved, expected_maps = apply_moves(maps, found.moves), apply_moves(maps, expected.moves)
    torch.testing.assert_close(moved, expected_maps, atol=1e-6, rtol=0)
    assert bool(found.moves) == bool(expected.moves)


@pytest.mark.parametrize("border", ["nearest", "black"])
def test_each_border_and_images_that_are_not_chosen(border):
    parts = [Rotate(60, p=0.4, border=border), Normal(10, 0.5), Rotate(90, p=0.5, border=border)]
    for augmentation in (parts[0], Chain(parts[::2]), Chain(parts)):
        for shape, dtype in KINDS:
            batch = images_of("rotate", shape, dtype)
            found, expected = run(augmentation, batch), by_plain_path(augmentation, batch)
            torch.testing.assert_close(found.images, expected.images, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", [*SOME, "cutmix+normal", "normal+cutmix", "none"])
def test_normalization_in_the_same_pass(name):
    for shape, dtype in KINDS[:3]:
        scale = Scale(torch.tensor([0.5, 0.4, 0.3])[: shape[0]], torch.full((shape[0],), 0.25))
        batch, augmentation = images_of(name, shape, dtype), make(name, shape, 40)
        images, targets = augment_normalized(augmentation, batch, Draws(3, 7, batch.ids), scale)
        expected = by_plain_path(augmentation, batch)
        assert images.dtype == torch.float32
        shown = normalized(expected.images, *scale)
        torch.testing.assert_close(images, shown, atol=4e-6, rtol=0)  # 1e-6 of [0, 1]
        assert torch.equal(targets, expected.targets)
        with plain_path():
            plain, _ = augment_normalized(augmentation, batch, Draws(3, 7, batch.ids), scale)
        assert torch.equal(plain, shown)


@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
@pytest.mark.parametrize("name", SOME)
def test_how_images_lie_in_memory_makes_no_difference(name, tmp_path):
    batch, augmentation = labeled_batch((3, 10, 12), n=30), make(name, (3, 10, 12), 30)
    expected = run(augmentation, batch).images
    np.save(tmp_path / "images.npy", batch.images.numpy())
    stored = np.load(tmp_path / "images.npy", mmap_mode="r")
    mapped = torch.from_numpy(stored)
    wide = torch.zeros(30, 3, 10, 24, dtype=torch.uint8)
    wide[..., ::2] = batch.images
    last = batch.images.contiguous(memory_format=torch.channels_last)
    turned = batch.images.transpose(2, 3).contiguous().transpose(2, 3)
    for images in (mapped, wide[..., ::2], last, turned):
        kept = images.clone()
        assert torch.equal(run(augmentation, batch.with_images(images)).images, expected)
        assert torch.equal(images, kept)


@pytest.mark.parametrize("name", SOME)
def test_no_image_and_one_image(name):
    batch, augmentation = labeled_batch((3, 10, 12), n=30), make(name, (3, 10, 12), 30)
    for rows in (slice(0, 0), slice(4, 5)):
        part = rows_of(batch, rows)
        found, expected = run(augmentation, part), by_plain_path(augmentation, part)
        assert found.images.dtype == expected.images.dtype
        torch.testing.assert_close(found.images, expected.images, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", SOME)
def test_threads_and_pieces_change_no_bit(name, monkeypatch):
    batch, augmentation = labeled_batch((3, 32, 32), n=210), make(name, (3, 32, 32), 210)
    whole = run(augmentation, batch).images
    monkeypatch.setattr(pieces, "SMALLEST", 1)
    before = torch.get_num_threads()
    try:
        for threads in (2, 3, 7):
            torch.set_num_threads(threads)
            assert torch.equal(run(augmentation, batch).images, whole)
    finally:
        torch.set_num_threads(before)
    for rows in (slice(0, 100), slice(100, 101), slice(101, 210)):
        assert torch.equal(run(augmentation, rows_of(batch, rows)).images, whole[rows])


def test_a_rectangle_may_hold_given_levels_and_reach_beyond_the_image():
    batch = labeled_batch((3, 9, 7), n=20)
    augmentation, whole = RandomErasing(), torch.full((20,), 5)
    levels = torch.randint(0, 256, batch.images.shape, dtype=torch.uint8)
    drawn = augmentation.sample(batch, Draws(0, 0, batch.ids))
    params = type(drawn)(drawn.erase, whole - 8, whole, whole, whole, levels)
    for each in (batch, batch.with_images(batch.images.float() / 255)):
        expected = augmentation.apply(each, params)
        assert torch.equal(augmentation.applied(each, params).images, expected.images)
    assert not torch.equal(expected.images, batch.images / 255)


def test_asked_for_gradients_and_other_dtypes_the_plain_path_serves():
    batch = labeled_batch((3, 8, 8), torch.float32, n=5)
    images = batch.images.requires_grad_()
    asked = batch.with_images(images)
    params = Normal().sample(asked, Draws(3, 7, batch.ids))
    Normal().applied(asked, params).images.sum().backward()
    assert images.grad is not None
    doubles = batch.with_images(batch.images.detach().double())
    assert run(Normal(), doubles).images.dtype == torch.float64
    halves = batch.with_images(batch.images.detach().bfloat16())
    assert torch.equal(run(Cutout(), halves).images, by_plain_path(Cutout(), halves).images)


@pytest.mark.parametrize("n", [1, 3, 4, 9, 23])
def test_draws_are_the_same_to_the_bit(n):
    ids = torch.tensor([0, 7, 2**40 + 3, 2**62, 12345, 7, 7])
    for draws in (
        Draws(3, 7, ids),
        Draws(2**40, 2**32 - 1, ids.flip(0), "/1"),
        Draws(0, 0, ids[:0]),
    ):
        found = draws.bits("flip", n), draws.uniform("flip", n), draws.bytes("flip", n)
        with plain_path():
            expected = draws.bits("flip", n), draws.uniform("flip", n), draws.bytes("flip", n)
        assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))


class Darker(Normal):
    """Does something else than `Normal`, whose steps it inherits."""

    def apply(self, batch, params):
        moved = super().apply(batch, params)
        return moved.with_images(moved.images / 2)


def test_a_method_that_is_changed_has_no_steps_of_its_own():
    batch = labeled_batch((3, 8, 8), n=5)
    assert Normal().has_steps
    assert not Darker().has_steps
    assert torch.equal(run(Darker(), batch).images, run(Normal(), batch).images / 2)
    chain = Chain([Darker(), Cutout()])
    assert not chain.has_steps
    assert torch.equal(run(chain, batch).images, by_plain_path(chain, batch).images)


def test_where_loops_cannot_be_compiled_the_plain_path_serves(monkeypatch, caplog):
    def missing(module):
        raise ImportError("No module\nnamed 'numba'")

    batch = labeled_batch((3, 8, 8), n=5)
    expected = by_plain_path(Normal(), batch).images
    monkeypatch.setattr(ready, "_failed", False)
    monkeypatch.setattr(ready, "_import", missing)
    for _ in range(2):
        assert torch.equal(run(Normal(), batch).images, expected)
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "augmentation takes the plain path, because loops cannot be compiled: ImportError: "
        "No module named 'numba'"
    ]


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_what_a_method_promises_holds_on_the_plain_path_too(name):
    """As in `test_augmentations.py`: nothing is mutated, and company and order change no bit."""
    batch, augmentation = labeled_batch((3, 16, 12), n=40), make(name, (3, 16, 12), 40)
    kept, order = (
        batch.images.clone(),
        torch.randperm(40, generator=torch.Generator().manual_seed(2)),
    )
    whole = by_plain_path(augmentation, batch)
    assert torch.equal(batch.images, kept)
    assert torch.equal(by_plain_path(augmentation, batch).images, whole.images)
    turned = by_plain_path(augmentation, rows_of(batch, order))
    assert torch.equal(turned.images, whole.images[order])
    torch.testing.assert_close(whole.targets.sum(1), torch.ones(40))
    if not augmentation.mixes:
        part = by_plain_path(augmentation, rows_of(batch, slice(7, 9)))
        assert torch.equal(part.images, whole.images[7:9])
