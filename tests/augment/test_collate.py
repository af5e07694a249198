import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Subset

from augury.augment.chain import Chain
from augury.augment.collate import Collate, WithIds
from augury.augment.cutmix import CutMix
from augury.augment.none import Identity
from augury.augment.normal import Normal
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
]

N, SEED = 22, 3


class Pictures(Dataset):
    """Twenty-two PIL images in four classes."""

    def __len__(self):
        return N

    def __getitem__(self, at):
        pixels = np.random.default_rng(at).integers(0, 256, (9, 8, 3), dtype=np.uint8)
        return Image.fromarray(pixels), at % 4


def make_collate():
    return Collate(Chain([Normal(), CutMix()]), num_classes=4, seed=SEED)


def epochs(loader, numbers=(0, 1)):
    """The batches of each epoch, as they come."""
    found = []
    for epoch in numbers:
        loader.collate_fn.set_epoch(epoch)
        found.append(list(loader))
    return found


def by_hand(epoch, rows, augmentation):
    """What the loader's batches should be, built without a loader."""
    data = Pictures()
    images = torch.stack([torch.from_numpy(np.array(data[i][0])).permute(2, 0, 1) for i in rows])
    batch = Batch(images, torch.eye(4)[[i % 4 for i in rows]], torch.tensor(rows))
    return augmentation(batch, Draws(SEED, epoch, batch.ids))


@pytest.mark.parametrize(
    ("workers", "persistent"), [(0, False), (1, False), (2, False), (1, True), (2, True)]
)
def test_workers_make_no_difference(workers, persistent):
    """Also not to what is recorded of the moves; each epoch has draws of its own."""
    collate = make_collate()
    loader = DataLoader(
        WithIds(Pictures()),
        batch_size=5,
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=persistent,
    )
    found = epochs(loader, (0, 1, 7))
    for epoch, batches in zip((0, 1, 7), found, strict=True):
        assert [len(batch) for batch in batches] == [5, 5, 5, 5, 2]
        for i, batch in enumerate(batches):
            rows = list(range(5 * i, min(5 * i + 5, N)))
            expected = by_hand(epoch, rows, collate.augmentation)
            assert torch.equal(batch.images, expected.images)
            assert torch.equal(batch.targets, expected.targets)
            assert torch.equal(batch.ids, expected.ids)
            maps = torch.rand(len(rows), 1, 9, 8, generator=torch.Generator().manual_seed(i))
            for mine, theirs in zip(batch.moves, expected.moves, strict=True):
                assert torch.equal(mine(maps), theirs(maps))
    assert not torch.equal(found[0][0].images, found[1][0].images)


def test_an_epoch_that_is_broken_off_leaves_nothing_to_the_next():
    """Batches that persistent workers have collated ahead are those of the old epoch."""
    collate = make_collate()
    loader = DataLoader(
        WithIds(Pictures()),
        batch_size=5,
        collate_fn=collate,
        num_workers=2,
        persistent_workers=True,
    )
    collate.set_epoch(0)
    next(iter(loader))
    ((first, *_),) = epochs(loader, (1,))
    assert torch.equal(first.images, by_hand(1, list(range(5)), collate.augmentation).images)


def test_a_spawned_worker_sees_the_epoch():
    collate = make_collate()
    loader = DataLoader(
        WithIds(Pictures()),
        batch_size=N,
        collate_fn=collate,
        num_workers=1,
        persistent_workers=True,
        multiprocessing_context="spawn",
    )
    for epoch, (batch,) in enumerate(epochs(loader)):
        expected = by_hand(epoch, list(range(N)), collate.augmentation)
        assert torch.equal(batch.images, expected.images)


def test_shuffling_and_cutting_keep_ids():
    part = Subset(WithIds(Pictures()), [20, 3, 11])
    generator = torch.Generator().manual_seed(0)
    collate = Collate(Identity(), 4, SEED)
    loader = DataLoader(part, 3, shuffle=True, generator=generator, collate_fn=collate)
    ((batch,),) = epochs(loader, (0,))
    assert sorted(batch.ids.tolist()) == [3, 11, 20]
    assert torch.equal(batch.images, by_hand(0, batch.ids.tolist(), Identity()).images)
    assert batch.targets.argmax(1).tolist() == [i % 4 for i in batch.ids.tolist()]


PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(PIXELS), PIXELS.transpose(2, 0, 1)),
        (Image.fromarray(PIXELS[:, :, 0]), PIXELS[None, :, :, 0]),
        (PIXELS, PIXELS.transpose(2, 0, 1)),
        (PIXELS[:, :, 0], PIXELS[None, :, :, 0]),
        (torch.from_numpy(PIXELS).permute(2, 0, 1), PIXELS.transpose(2, 0, 1)),
        (torch.from_numpy(PIXELS[:, :, 0]), PIXELS[None, :, :, 0]),
        (torch.from_numpy(PIXELS[:, :, 0]) / 255, np.float32(PIXELS[None, :, :, 0]) / 255),
    ],
    ids=["RGB", "L", "array", "grey array", "tensor", "grey tensor", "float"],
)
@pytest.mark.parametrize("label", [2, np.int64(2), torch.tensor(2)], ids=["int", "numpy", "torch"])
def test_samples_become_a_batch(image, expected, label):
    collate = Collate(Identity(), 4, SEED)
    collate.set_epoch(0)
    batch = collate([(image, label, 40), (image, 0, np.int64(41))])
    np.testing.assert_array_equal(batch.images[0].numpy(), expected)
    assert batch.images.dtype == torch.from_numpy(expected).dtype
    assert batch.targets.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0]]
    assert batch.ids.tolist() == [40, 41]


GOOD = torch.zeros(3, 4, 4)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([(GOOD, 0)], r"samples must be \(image, label, id\); WithIds"),
        ([(GOOD, 4, 0)], r"label: must lie in 0\.\.3, got 4"),
        ([(GOOD, -1, 0)], r"label: must lie in 0\.\.3, got -1"),
        ([(GOOD, 0, 0), (GOOD[:, 1:], 0, 1)], r"one shape .* \(3, 4, 4\) and \(3, 3, 4\)"),
        ([(Image.new("P", (4, 4)), 0, 0)], "image: PIL mode must be L or RGB, got P"),
        ([(GOOD - 1, 0, 0)], r"images: float values must lie in \[0, 1\]"),
        ([(GOOD[:2], 0, 0)], "images: channels must be 1 or 3, got 2"),
    ],
)
def test_bad_samples_are_named(samples, message):
    collate = Collate(Identity(), 4, SEED)
    collate.set_epoch(0)
    with pytest.raises(InputError, match=message):
        collate(samples)


@pytest.mark.parametrize("workers", [0, 1])
def test_without_an_epoch_nothing_is_collated(workers):
    loader = DataLoader(WithIds(Pictures()), collate_fn=make_collate(), num_workers=workers)
    with pytest.raises(InputError, match=r"epoch: must be set, by set_epoch\(epoch\)"):
        next(iter(loader))


def test_bad_parameters_are_named():
    with pytest.raises(InputError, match="num_classes: must be at least 1, got 0"):
        Collate(Identity(), 0, SEED)
    with pytest.raises(InputError, match="epoch: must be at least 0, got -1"):
        Collate(Identity(), 1, SEED).set_epoch(-1)
