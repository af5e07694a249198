"""The augmentation under check, and the images for it."""

from typing import Any

import torch
from torch import Tensor

from augury.augment import Augmentation, Source, build_augmentation
from augury.augment.foreign.adapt import Foreign
from augury.augment.foreign.factory import build_foreign, is_factory
from augury.augment.foreign.pipelines import class_counts
from augury.batch import Batch, to_float
from augury.errors import AuguryError, InputError
from augury.own.trust import point_to
from augury.rng import Draws

SHAPE = (3, 32, 32)


def subject(name: str, per_batch: bool = False) -> Augmentation[Any]:
    """The augmentation called `name`: one of ours, a chain, or "module:attribute".

    Methods that use saliency get random maps, a function of the image's id.
    per_batch: whether a transform of another library is called once per batch.
    Raises InputError if it cannot be built.
    """
    if is_factory(name):
        point_to([name])  # the user has typed the name, so it needs no confirmation
        return build_foreign(name, {}, per_batch=per_batch)
    if per_batch:
        raise InputError(f"--per-batch: is for module:attribute, got {name!r}")
    return build_augmentation(name, sources=random_maps)


def random_maps(kind: str) -> Source:
    """A source of random maps of one kind; a map depends on the image's id alone."""

    def maps(batch: Batch) -> Tensor:
        _, channels, rows, columns = batch.images.shape
        draws = Draws(0, 0, batch.ids, repeats=torch.zeros_like(batch.ids))
        u = draws.uniform("check maps", channels * rows * columns)
        u = u.view(-1, channels, rows, columns)
        return u - 0.5 if kind == "signed-gradient" else u[:, 0]

    return maps


def noise(count: int, shape: tuple[int, int, int] = SHAPE) -> Tensor:
    """(count, C, H, W) uint8: images of random pixels, 40 to 167.

    The contrast is below the full range, so that it can be stretched, and there are levels above
    and below the middle.
    """
    size = shape[0] * shape[1] * shape[2]
    values = Draws(0, 0, torch.arange(count)).bytes("check images", size)
    return (values // 2 + 40).view(count, *shape)


def batch_of(images: Tensor, first: int = 0, classes: int = 10) -> Batch:
    """A batch of `images` with classes 0, 1, ... in turn, and ids from `first` on."""
    ids = torch.arange(first, first + len(images))
    return Batch(images, torch.eye(classes)[torch.arange(len(images)) % classes], ids)


def rows_of(batch: Batch, rows: Tensor | slice) -> Batch:
    return Batch(batch.images[rows], batch.targets[rows], batch.ids[rows], batch.moves)


def apply(augmentation: Augmentation[Any], batch: Batch, seed: int = 0, epoch: int = 0) -> Batch:
    """The augmented batch; works on a copy, so `batch` stays even if the augmentation writes."""
    given = Batch(batch.images.clone(), batch.targets.clone(), batch.ids.clone())
    return augmentation(given, Draws(seed, epoch, given.ids))


def apply_first(augmentation: Augmentation[Any], batch: Batch) -> None:
    """Raise InputError, in one line, if `augmentation` cannot be applied at all."""
    try:
        apply(augmentation, batch)
    except AuguryError:
        raise
    except Exception as error:  # a user's code can raise anything
        raise InputError(f"it cannot be applied: {type(error).__name__}: {error}") from error


def same(found: Batch, other: Batch) -> Tensor:
    """(B,) bool: the rows whose images and targets are equal bit for bit."""
    images = (to_float(found.images) == to_float(other.images)).flatten(1).all(1)
    return images & (found.targets == other.targets).all(1)


def mixes_targets(augmentation: Augmentation[Any], classes: int) -> bool:
    """Whether any target changes in 20 batches."""
    images = noise(10)
    for k in range(20):
        batch = batch_of(images, 10 * k, classes)
        if not torch.equal(apply(augmentation, batch).targets, batch.targets):
            return True
    return False


def classes_of(augmentation: Augmentation[Any]) -> int:
    """The number of classes of the targets: `num_classes` of torchvision's MixUp and CutMix.

    They are also found inside other transforms and in chains; 10 if there are none. Raises
    InputError if two have different numbers.
    """
    told = _class_counts(augmentation)
    if len(told) > 1:
        numbers = " and ".join(map(str, sorted(told)))
        raise InputError(f"num_classes: must be the same in all parts, got {numbers}")
    return told.pop() if told else 10


def _class_counts(augmentation: Augmentation[Any]) -> set[int]:
    if isinstance(augmentation, Foreign):
        return class_counts(augmentation.transform)
    parts = [*getattr(augmentation, "parts", ()), getattr(augmentation, "augment", None)]
    inner = [_class_counts(part) for part in parts if isinstance(part, Augmentation)]
    return set().union(*inner)
