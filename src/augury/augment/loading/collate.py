"""Augmentation in the worker processes of a `torch.utils.data.DataLoader`."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from augury.augment.base import Augmentation
from augury.augment.loading.repeats import Repeat
from augury.augment.loading.samples import read_id, read_image, read_label, shown
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws, check_epoch, check_seed


class WithIds(Dataset[tuple[Any, Any, int]]):
    """A map-style data set of (image, label) as one of (image, label, id).

    fields: where the image and the label are in a sample that holds more or is a dict:
        `fields=(0, 1)` of (image, label, path), `fields=("image", "label")` of a dict. The rest is
        left out; what belongs to an image can be looked up by its id.

    The id is the index. Wrap a data set before it is cut into parts (`Subset`, `random_split`), so
    that an image has the same id in every cut. Raises InputError for a sample of another form.
    """

    def __init__(self, dataset: Any, fields: tuple[Any, Any] | None = None) -> None:
        if fields is not None and (not isinstance(fields, Sequence) or len(fields) != 2):
            raise InputError(f"fields: must be two, of image and label, got {fields!r:.80}")
        self.dataset, self.fields = dataset, fields

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, at: int) -> tuple[Any, Any, int]:
        sample = self.dataset[at]
        if self.fields is None and isinstance(sample, tuple | list) and len(sample) == 2:
            image, label = sample
            return image, label, index(at)
        if self.fields is None:
            raise InputError(
                f"sample {at}: must be (image, label), got {shown(sample)}; "
                "WithIds(dataset, fields=(..., ...)) says which are the image and the label"
            )
        try:
            image, label = (sample[field] for field in self.fields)
        except (LookupError, TypeError) as error:
            raise InputError(
                f"sample {at}: fields must be two of the sample's, got {self.fields!r:.80} "
                f"for {shown(sample)}"
            ) from error
        return image, label, index(at)


class Collate:
    """Samples (image, label, id) -> an augmented `Batch`, in whichever process it is called.

        collate = Collate(CutMix(), num_classes=10, seed=3)
        loader = DataLoader(WithIds(dataset), 100, collate_fn=collate, num_workers=4)
        for epoch in range(epochs):
            collate.set_epoch(epoch)
            for batch in loader: ...

    Images are tensors (C, H, W) or (H, W), arrays (H, W, C) or (H, W), or PIL images of mode L or
    RGB: uint8, or float in [0, 1], so normalization comes after. Labels are 0..num_classes-1, or
    num_classes probabilities that sum to 1: one-hot or soft. Multi-label targets, and fields beyond
    these three, are refused; `WithIds` picks two fields of a sample.

    Draws depend on (seed, epoch, id) alone, so that batches are the same with any number of
    workers. A worker cannot see the epoch: it is read from memory that all processes share, and
    `set_epoch` must be called before the loop over the loader of every epoch, since workers
    collate ahead. Without any call a batch is refused; where later calls are left out, the epoch,
    and with it every draw, repeats.

    An id that is in a batch more than once has draws of its own for each copy, the first one those
    that it would have alone, and what mixes images mixes them with other ids where there are any.
    Which copies other batches of the epoch hold cannot be seen here: those of different batches
    are augmented alike, unless `number_repeats` counts them in the sampler.

    An augmentation with saliency needs a source that can be used in another process; a network is
    better called in the training loop. Raises InputError for samples that cannot form a batch.
    """

    def __init__(self, augmentation: Augmentation[Any], num_classes: int, seed: int) -> None:
        if not isinstance(num_classes, int | np.integer):
            raise InputError(f"num_classes: must be a whole number, got {shown(num_classes)}")
        if num_classes < 1:
            raise InputError(f"num_classes: must be at least 1, got {num_classes}")
        check_seed(seed)
        self.augmentation, self.num_classes, self.seed = augmentation, num_classes, seed
        # Shared with workers that are forked or spawned, also with those that persist.
        self._epoch = torch.tensor(-1).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Collate from now on for epoch `epoch`: 0, 1, ... to 2^32 - 1."""
        check_epoch(epoch)
        self._epoch.fill_(epoch)

    def __call__(self, samples: Sequence[tuple[Any, Any, int]]) -> Batch:
        epoch = int(self._epoch)
        if epoch < 0:
            raise InputError(
                "epoch: must be set, by set_epoch(epoch) before the epoch's first batch"
            )
        if not len(samples):
            raise InputError("samples: at least one is needed")
        images, targets, ids = zip(
            *(self._read(place, sample) for place, sample in enumerate(samples)), strict=True
        )
        batch = Batch(_stack(images), torch.stack(targets), torch.tensor([each.at for each in ids]))
        repeats = torch.tensor(_told_apart(ids))
        return self.augmentation(batch, Draws(self.seed, epoch, batch.ids, repeats=repeats))

    def _read(self, place: int, sample: Any) -> tuple[Tensor, Tensor, Repeat]:
        if not isinstance(sample, tuple | list) or len(sample) != 3:
            raise InputError(
                f"sample {place} of the batch: got {shown(sample)}; "
                "samples must be (image, label, id); WithIds(dataset) adds the ids"
            )
        where = f"sample {place} of the batch"
        try:
            number = read_id(sample[2])
            where += f", id {number.at}"
            return read_image(sample[0]), read_label(sample[1], self.num_classes), number
        except InputError as error:
            raise InputError(f"{where}: {error}") from error


def _told_apart(ids: Sequence[Repeat]) -> list[int]:
    """How often each id has come before, counted on where two rows of the batch say the same."""
    following: dict[tuple[int, int], int] = {}
    numbers = []
    for each in ids:
        number = each.number
        while (each.at, number) in following:
            number = following[each.at, number]
        following[each.at, number] = following[each.at, each.number] = number + 1
        numbers.append(number)
    return numbers


def _stack(images: Sequence[Tensor]) -> Tensor:
    one = images[0]
    for place, image in enumerate(images):
        if image.shape != one.shape:
            raise InputError(
                f"images: must have one shape in a batch, got {tuple(one.shape)} and "
                f"{tuple(image.shape)}, that of sample {place}"
            )
        if image.dtype != one.dtype:
            raise InputError(
                f"images: must have one dtype in a batch, got {one.dtype} and {image.dtype}, that "
                f"of sample {place}"
            )
    return torch.stack(list(images))
