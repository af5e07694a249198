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
from augury.kernels.steps import Scale
from augury.rng import Draws, check_epoch, check_seed


class WithIds(Dataset[tuple[Any, Any, int]]):
    """Adds ids to a map-style data set: (image, label) becomes (image, label, id).

    fields: where image and label are, in samples that hold more or are dicts: `fields=(0, 1)` for
        (image, label, path), `fields=("image", "label")` for a dict. Other fields are left out;
        they can be looked up by the id.

    The id is the index. Wrap a data set before it is cut into parts (`Subset`, `random_split`), so
    that an image has the same id in every part. Raises InputError for a sample of another form.
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
    """A `collate_fn`: turns samples (image, label, id) into an augmented `Batch`, in any process.

        collate = Collate(CutMix(), num_classes=10, seed=3)
        loader = DataLoader(WithIds(dataset), 100, collate_fn=collate, num_workers=4)
        for epoch in range(epochs):
            collate.set_epoch(epoch)
            for batch in loader: ...

    Images are tensors (C, H, W) or (H, W), arrays (H, W, C) or (H, W), or PIL images of mode L or
    RGB: uint8, or float in [0, 1], so they are not normalized yet. Labels are 0..num_classes-1, or
    num_classes probabilities that sum to 1 (one-hot or soft). Multi-label targets and samples with
    more than these three fields are refused; `WithIds` picks two fields of a sample.

    Draws depend on (seed, epoch, id) alone, so batches are the same with any number of workers.
    Workers read the epoch from memory that all processes share. Call `set_epoch` at the start of
    every epoch, before the loop over the loader, because workers collate ahead. Before the first
    call batches are refused; if a later call is left out, the draws of the last epoch repeat.

    If an id is in a batch more than once, each copy has its own draws, and the first copy has the
    draws that it would have alone; mixing methods mix it with other ids where there are any. Copies
    in different batches are augmented alike, unless `number_repeats` counts them in the sampler.

    normalize: mean and standard deviation of each channel, for images in [0, 1], as torchvision's
    `Normalize` takes them: `normalize=((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616))`. Batches
    then hold (image - mean) / std, float32, ready for the network. That takes no pass of its own
    over the pixels where augmentations are compiled. None leaves images in [0, 1], or levels.

    An augmentation with saliency needs a source that works in another process; call a network in
    the training loop instead. Raises InputError for samples that cannot form a batch.
    """

    def __init__(
        self,
        augmentation: Augmentation[Any],
        num_classes: int,
        seed: int,
        normalize: tuple[Sequence[float], Sequence[float]] | None = None,
    ) -> None:
        if not isinstance(num_classes, int | np.integer):
            raise InputError(f"num_classes: must be a whole number, got {shown(num_classes)}")
        if num_classes < 1:
            raise InputError(f"num_classes: must be at least 1, got {num_classes}")
        check_seed(seed)
        self.augmentation, self.num_classes, self.seed = augmentation, num_classes, seed
        self.scale = None if normalize is None else _read_scale(normalize)
        # In shared memory, which forked, spawned and persistent workers can all read.
        self._epoch = torch.tensor(-1).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Use the draws of `epoch`, 0 to 2^32 - 1, for all following batches."""
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
        repeats = torch.tensor(_repeat_numbers(ids))
        if self.scale and len(self.scale.mean) != batch.images.shape[1]:
            raise InputError(
                f"normalize: must be of {batch.images.shape[1]} channels, as the images are, got "
                f"{len(self.scale.mean)}"
            )
        draws = Draws(self.seed, epoch, batch.ids, repeats=repeats)
        return self.augmentation(batch, draws, self.scale)

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


def _read_scale(normalize: Any) -> Scale:
    try:
        mean, std = (torch.tensor([float(value) for value in each]) for each in normalize)
    except (TypeError, ValueError) as error:
        raise InputError(
            "normalize: must be (means, deviations), one number of each for each channel, got "
            f"{shown(normalize)}"
        ) from error
    if len(mean) != len(std) or not (mean.isfinite().all() and (std > 0).all()):
        raise InputError(
            "normalize: must be finite means and as many deviations over 0, got "
            f"{mean.tolist()} and {std.tolist()}"
        )
    return Scale(mean, std)


def _repeat_numbers(ids: Sequence[Repeat]) -> list[int]:
    """The repeat number of each row; where two rows have the same one, counting goes on."""
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
