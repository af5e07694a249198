from collections import Counter

import numpy as np
import pytest
import torch
import torchvision.transforms.functional as F
from PIL import Image
from torch.utils.data import BatchSampler, DataLoader, Dataset, Subset, WeightedRandomSampler

from augury.augment.chain import Chain
from augury.augment.erasing.random_erasing import RandomErasing
from augury.augment.geometry.normal import Normal
from augury.augment.loading.collate import Collate, WithIds
from augury.augment.loading.repeats import number_repeats
from augury.augment.mixing.cutmix import CutMix
from augury.augment.none import Identity
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


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_workers_normalize_as_torchvision_does(start):
    mean, std = (0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616)
    augmentation = Chain([Normal(), RandomErasing()])
    collate = Collate(augmentation, num_classes=4, seed=SEED, normalize=(mean, std))
    loader = DataLoader(
        WithIds(Pictures()),
        batch_size=11,
        collate_fn=collate,
        num_workers=1,
        multiprocessing_context=start,
    )
    (batches,) = epochs(loader, (5,))
    for i, batch in enumerate(batches):
        expected = by_hand(5, list(range(11 * i, 11 * (i + 1))), augmentation)
        assert batch.images.dtype == torch.float32
        torch.testing.assert_close(
            batch.images, F.normalize(expected.images, mean, std), atol=4e-6, rtol=0
        )
        assert torch.equal(batch.targets, expected.targets)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((0.5, 0.25), r"normalize: must be \(means, deviations\), one number of each for each ch"),
        (((0.5,), (0.25, 0.25)), r"finite means and as many deviations over 0, got \[0.5\] and"),
        (((0.5,), (0.0,)), r"deviations over 0, got \[0.5\] and \[0.0\]"),
        (((float("nan"),), (1.0,)), "normalize: must be finite means"),
        (((0.5,), (0.25,)), "normalize: must be of 3 channels, as the images are, got 1"),
    ],
)
def test_a_normalization_that_does_not_fit_is_refused(given, message):
    def collated():
        collate = Collate(Identity(), 4, SEED, normalize=given)
        collate.set_epoch(0)
        return collate([(GOOD, 0, 0)])

    with pytest.raises(InputError, match=message) as raised:
        collated()
    assert "\n" not in str(raised.value)


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


def weighted(draws=60):
    """A sampler of the six images of a cut, most draws of the first; the same in every epoch."""
    generator = torch.Generator().manual_seed(0)
    weights = [20.0, 5.0, 1.0, 1.0, 1.0, 1.0]
    return list(WeightedRandomSampler(weights, draws, generator=generator))


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("workers", [0, 2])
def test_copies_of_an_epoch_are_counted_over_its_batches(workers, batched):
    """Each row as one would draw it who counts by hand; the same with any number of workers."""
    part = Subset(WithIds(Pictures()), [20, 3, 11, 0, 1, 2])
    order = weighted()
    given = BatchSampler(order, 7, drop_last=False) if batched else order
    dataset, sampler = number_repeats(part, given)
    assert len(sampler) == len(given)
    collate = Collate(Normal(), 4, SEED)
    how = {"batch_sampler": sampler} if batched else {"sampler": sampler, "batch_size": 7}
    loader = DataLoader(dataset, collate_fn=collate, num_workers=workers, **how)
    for epoch, found in enumerate(epochs(loader)):
        assert [len(batch) for batch in found] == [7] * 8 + [4]
        seen = Counter()
        images = torch.cat([batch.images for batch in found])
        for row, at in enumerate(order):
            batch = by_hand(epoch, [part.indices[at]], Identity())
            draws = Draws(SEED, epoch, batch.ids, repeats=torch.tensor([seen[at]]))
            assert torch.equal(images[row], Normal()(batch, draws).images[0])
            seen[at] += 1
        assert max(seen.values()) > 30
        first = images[[i for i, at in enumerate(order) if at == 0]]
        assert len(first.flatten(1).unique(dim=0)) == len(first)


def test_copies_within_a_batch_are_counted_by_the_batch():
    """Also where the sampler's count says the same of two rows, as two indices of one id do."""
    order = [5, 2, 5, 5, 2, 0]
    expected = by_hand(0, order, Chain([Normal(), CutMix()]))
    twice = Subset(WithIds(Pictures()), order)
    numbered, sampler = number_repeats(twice, range(6))
    for loader in (
        DataLoader(WithIds(Pictures()), 6, sampler=order, collate_fn=make_collate()),
        DataLoader(twice, 6, collate_fn=make_collate()),
        DataLoader(numbered, 6, sampler=sampler, collate_fn=make_collate()),
    ):
        ((batch,),) = epochs(loader, (0,))
        assert torch.equal(batch.images, expected.images)
        assert torch.equal(batch.targets, expected.targets)
    assert len(expected.images.flatten(1).unique(dim=0)) == 6


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
    ids=["RGB", "L", "array", "gray array", "tensor", "gray tensor", "float"],
)
@pytest.mark.parametrize(
    "label",
    [
        2,
        np.int64(2),
        torch.tensor(2),
        np.array(2, dtype=np.uint8),
        np.array([2]),
        torch.tensor([2], dtype=torch.int16),
        [0, 0, 1, 0],
        (0.0, 0.0, 1.0, 0.0),
        np.array([False, False, True, False]),
        torch.tensor([0, 0, 1, 0]),
        torch.tensor([0, 0, 1, 0], dtype=torch.bfloat16),
    ],
    ids=lambda label: f"{type(label).__name__} {getattr(label, 'dtype', '')} {label}",
)
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
    "label",
    [
        [0.1, 0.2, 0.7],
        np.array([0.1, 0.2, 0.7]),
        torch.tensor([0.1, 0.2, 0.7]),
        torch.tensor([0.1, 0.2, 0.7], dtype=torch.float16),
    ],
)
def test_soft_labels_are_targets_as_they_are(label):
    collate = Collate(Identity(), 3, SEED)
    collate.set_epoch(0)
    batch = collate([(GOOD, label, 0), (GOOD, True, 1), (GOOD, np.bool_(False), 2)])
    expected = torch.tensor([[0.1, 0.2, 0.7], [0, 1, 0], [1, 0, 0]])
    torch.testing.assert_close(batch.targets, expected, atol=1e-3, rtol=0)
    assert batch.targets.dtype == torch.float32


def test_fields_pick_the_image_and_the_label():
    """Of (image, label, path), of dicts as Hugging Face's data sets have them, and by names."""
    triples = [(GOOD + i / 9, i, f"{i}.png") for i in range(4)]
    dicts = [{"pixels": image, "fine": 7, "coarse": label} for image, label, _ in triples]
    for data, fields in ((triples, (0, 1)), (dicts, ("pixels", "coarse"))):
        image, label, number = WithIds(data, fields)[2]
        assert torch.equal(image, triples[2][0])
        assert (label, number) == (2, 2)


@pytest.mark.parametrize(
    ("sample", "fields", "message"),
    [
        (
            (GOOD, 0, "a.png"),
            None,
            r"sample 0: must be \(image, label\), got \(Tensor, int, str\)",
        ),
        ((GOOD,), None, r"sample 0: must be \(image, label\), got \(Tensor\)"),
        (
            {"image": GOOD, "label": 0},
            None,
            "got a dict with the keys image, label; WithIds.*fields=",
        ),
        (GOOD, None, r"got Tensor of torch.float32 and shape \(3, 4, 4\)"),
        (None, None, "got None"),
        (
            {"img": GOOD, "label": 0},
            ("image", "label"),
            "fields must be two of .* the keys img, la",
        ),
        (
            (GOOD, 0),
            (0, 2),
            r"fields must be two of the sample's, got \(0, 2\) for \(Tensor, int\)",
        ),
        ((GOOD, 0), ("image", "label"), "fields must be two of the sample's"),
        (None, (0, 1), "fields must be two of the sample's"),
    ],
)
def test_other_samples_of_a_data_set_are_named(sample, fields, message):
    with pytest.raises(InputError, match=message) as raised:
        WithIds([sample], fields)[0]
    assert "\n" not in str(raised.value)


def test_fields_are_two():
    for fields in (("image",), (0, 1, 2), 1):
        with pytest.raises(InputError, match="fields: must be two, of image and label, got"):
            WithIds([(GOOD, 0)], fields)


def test_numbering_needs_ids():
    dataset, sampler = number_repeats([(GOOD, 0)], [0, 0])
    with pytest.raises(InputError, match=r"samples must be \(image, label, id\); WithIds"):
        next(iter(DataLoader(dataset, sampler=sampler, collate_fn=make_collate())))


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
        ([], "samples: at least one is needed"),
        ([{"image": GOOD, "label": 0}], r"a dict with the keys image, label; samples must be \("),
        ([(GOOD, 0, 0, "a.png")], r"sample 0 of the batch: got \(Tensor, int, int, str\)"),
        (
            [(GOOD, 0, 0), (GOOD, 0, "a.png")],
            "sample 1 .*: id: must be a whole number, got 'a.png'",
        ),
        ([(GOOD, 0, 1.0)], "id: must be a whole number, got 1.0; WithIds"),
        ([(GOOD, 0, 10**23)], "id: must fit into 64 bits, got 1000"),
        (
            [(GOOD, 0, 3), (GOOD, 9, 7)],
            "sample 1 of the batch, id 7: label: must lie in 0..3, got 9",
        ),
        ([(GOOD, 10**23, 0)], "label: must be a whole number in 0..3 or 4 probabilities, got 1000"),
        ([(GOOD, 2.0, 0)], "label: must be a whole number in 0..3 or 4 probabilities, got 2.0"),
        ([(GOOD, torch.tensor(2.0), 0)], "label: must be a whole number .* got Tensor of torch.fl"),
        ([(GOOD, "cat", 0)], "label: must be a whole number .* got 'cat'"),
        ([(GOOD, None, 0)], "label: must be a whole number .* got None"),
        ([(GOOD, [[0], [1, 2]], 0)], "label: must be a whole number .* got list"),
        ([(GOOD, {"a": 1}, 0)], "label: must be a whole number .* got a dict with the keys a"),
        ([(GOOD, [1, 0, 1, 0], 0)], "label: probabilities .* sum to 1, got sum 2 .*multi-label"),
        ([(GOOD, [0, 0, 0, 0], 0)], "label: probabilities .* got sum 0"),
        ([(GOOD, [1.5, -0.5, 0, 0], 0)], "label: probabilities .* got sum 1 and least -0.5"),
        ([(GOOD, [float("nan"), 1, 0, 0], 0)], "label: probabilities .* got sum nan"),
        ([(GOOD, [0, 1, 0], 0)], r"label: must have 4 probabilities.* got shape \(3,\)"),
        ([(GOOD, torch.eye(4), 0)], r"label: must have 4 probabilities.* got shape \(4, 4\)"),
        ([("a.png", 0, 0)], "image: must be a tensor, an array or a PIL image, got 'a.png'"),
        ([(None, 0, 0)], "image: must be a tensor, an array or a PIL image, got None"),
        ([(torch.zeros(1, 3, 4, 4), 0, 0)], r"image: must have 2 or 3 dimensions.*\(1, 3, 4, 4\)"),
        (
            [(np.zeros((4, 4, 3), np.int64), 0, 0)],
            "image: dtype must be uint8 or floating, got tor",
        ),
        ([(GOOD, 0, 0), (GOOD.byte(), 0, 1)], "images: must have one dtype .* that of sample 1"),
    ],
)
def test_bad_samples_are_named(samples, message):
    collate = Collate(Identity(), 4, SEED)
    collate.set_epoch(0)
    with pytest.raises(InputError, match=message) as raised:
        collate(samples)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("workers", [0, 1])
def test_without_an_epoch_nothing_is_collated(workers):
    loader = DataLoader(WithIds(Pictures()), collate_fn=make_collate(), num_workers=workers)
    with pytest.raises(InputError, match=r"epoch: must be set, by set_epoch\(epoch\)"):
        next(iter(loader))


def test_bad_parameters_are_named():
    with pytest.raises(InputError, match="num_classes: must be at least 1, got 0"):
        Collate(Identity(), 0, SEED)
    with pytest.raises(InputError, match=r"num_classes: must be a whole number, got 2\.5"):
        Collate(Identity(), 2.5, SEED)
    with pytest.raises(InputError, match="epoch: must be at least 0, got -1"):
        Collate(Identity(), 1, SEED).set_epoch(-1)
    with pytest.raises(InputError, match="epoch: must be at most 4294967295, got 4294967296"):
        Collate(Identity(), 1, SEED).set_epoch(2**32)
    with pytest.raises(InputError, match=r"seed: must be a whole number, got 0\.5"):
        Collate(Identity(), 1, 0.5)
