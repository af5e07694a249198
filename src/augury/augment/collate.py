"""Augmentation in the worker processes of a `torch.utils.data.DataLoader`."""

from collections.abc import Sequence
from operator import index
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from augury.augment.base import Augmentation
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws


class WithIds(Dataset[tuple[Any, Any, int]]):
    """A map-style data set of (image, label) as one of (image, label, id).

    The id is the index. Wrap a data set before it is cut into parts (`Subset`, `random_split`), so
    that an image has the same id in every cut.
    """

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, at: int) -> tuple[Any, Any, int]:
        image, label = self.dataset[at]
        return image, label, index(at)


class Collate:
    """Samples (image, label, id) -> an augmented `Batch`, in whichever process it is called.

        collate = Collate(CutMix(), num_classes=10, seed=3)
        loader = DataLoader(WithIds(dataset), 100, collate_fn=collate, num_workers=4)
        for epoch in range(epochs):
            collate.set_epoch(epoch)
            for batch in loader: ...

    Images are tensors (C, H, W) or (H, W), arrays (H, W, C) or (H, W), or PIL images of mode L or
    RGB: uint8, or float in [0, 1], so normalisation comes after. Labels are 0..num_classes-1.

    Draws depend on (seed, epoch, id) alone, so that batches are the same with any number of
    workers. A worker cannot see the epoch: it is read from memory that all processes share, and
    `set_epoch` must be called before the loop over the loader of every epoch, since workers
    collate ahead. Without any call a batch is refused; where later calls are left out, the epoch,
    and with it every draw, repeats.

    An augmentation with saliency needs a source that can be used in another process; a network is
    better called in the training loop. Raises InputError for samples that cannot form a batch.
    """

    def __init__(self, augmentation: Augmentation[Any], num_classes: int, seed: int) -> None:
        if num_classes < 1:
            raise InputError(f"num_classes: must be at least 1, got {num_classes}")
        self.augmentation, self.num_classes, self.seed = augmentation, num_classes, seed
        # Shared with workers that are forked or spawned, also with those that persist.
        self._epoch = torch.tensor(-1).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Collate from now on for epoch `epoch`: 0, 1, ..."""
        if epoch < 0:
            raise InputError(f"epoch: must be at least 0, got {epoch}")
        self._epoch.fill_(epoch)

    def __call__(self, samples: Sequence[tuple[Any, Any, int]]) -> Batch:
        epoch = int(self._epoch)
        if epoch < 0:
            raise InputError(
                "epoch: must be set, by set_epoch(epoch) before the epoch's first batch"
            )
        if any(len(sample) != 3 for sample in samples):
            raise InputError("samples must be (image, label, id); WithIds(dataset) adds the ids")
        images, labels, ids = zip(*samples, strict=True)
        batch = Batch(
            images=_stack([_to_tensor(image) for image in images]),
            targets=self._targets(torch.tensor([index(label) for label in labels])),
            ids=torch.tensor([index(each) for each in ids]),
        )
        return self.augmentation(batch, Draws(self.seed, epoch, batch.ids))

    def _targets(self, labels: Tensor) -> Tensor:
        wrong = labels[(labels < 0) | (labels >= self.num_classes)]
        if len(wrong):
            raise InputError(f"label: must lie in 0..{self.num_classes - 1}, got {int(wrong[0])}")
        return F.one_hot(labels, self.num_classes).float()


def _to_tensor(image: Any) -> Tensor:
    """(C, H, W)."""
    if isinstance(image, Image.Image) and image.mode not in ("L", "RGB"):
        raise InputError(f"image: PIL mode must be L or RGB, got {image.mode}")
    if isinstance(image, Tensor):
        return image[None] if image.ndim == 2 else image
    pixels = torch.from_numpy(np.array(image))
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)


def _stack(images: list[Tensor]) -> Tensor:
    for image in images:
        if image.shape != images[0].shape:
            one, other = tuple(images[0].shape), tuple(image.shape)
            raise InputError(f"images: must have one shape in a batch, got {one} and {other}")
    return torch.stack(images)
