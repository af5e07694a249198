"""Other people's transforms as augmentations: torchvision, Albumentations, Kornia, timm, callables.

They draw from global generators. Here these are seeded for each image from its own draws and put
back afterwards, so that such a transform, too, is a function of (seed, epoch, id). One call an
image is slow; it is how these libraries draw per sample.
"""

import hashlib
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.foreign.pipelines import (
    erases,
    library_of,
    mixes,
    normalizing_step,
    sizing_step,
    steps,
    takes_one,
    takes_pil,
)
from augury.batch import FLOATS, Batch, clipped, to_float, to_uint8
from augury.errors import InputError
from augury.own.generators import generators_restored, seed_generators
from augury.rng import Draws

Transform = Callable[..., Any]


@dataclass(frozen=True)
class ForeignParams:
    """key: (B,) int64, what the generators are seeded with for each image."""

    key: Tensor


class Foreign(Augmentation[ForeignParams]):
    """A transform of another library.

    transform: torchvision (called with a uint8 tensor (C, H, W)), Albumentations (uint8 array
        (H, W, C)), Kornia (float (1, C, H, W)), any callable on a uint8 tensor (C, H, W). What
        needs PIL images gets them: torchvision's v1 pipelines with ToTensor or PILToTensor, timm's
        `create_transform`, RandAugment, AutoAugment and AugMix. The result may be a tensor, an
        array or a PIL image, uint8 or float in [0, 1], of the size that came in. Or one that
        mixes: torchvision's MixUp and CutMix, also within RandomChoice, RandomApply, RandomOrder
        and Compose, and any callable of two parameters, (images, targets) -> (images, targets),
        given float images (B, C, H, W) and targets (B, K).
    name: how errors call it.
    per_batch: call it once for the whole batch, as its users may do in a loop, or image after
        image without seeding in between where it takes arrays or PIL images. The result then
        depends on the batch. What mixes is always called so.

    Saliency maps that are stored by id cannot follow what it does, and say so when they are asked
    for afterwards. Raises InputError where it normalizes, where it fails, or where its result has
    another size or values outside [0, 1] by more than rounding.
    """

    def __init__(self, transform: Transform, name: str, per_batch: bool = False) -> None:
        self.transform, self.name = transform, name
        if step := normalizing_step(transform):
            raise InputError(
                f"{name}: remove {step} (timm: create_transform(normalize=False)): augury "
                "normalizes after augmentation"
            )
        self.library = library_of(transform)
        self.takes_pil = takes_pil(transform)
        self.mixing = mixes(transform)
        self.per_batch = per_batch or self.mixing
        self.mixes = self.per_batch

    def sample(self, batch: Batch, draws: Draws) -> ForeignParams:
        words = draws.bits("foreign " + self.name, 2)
        return ForeignParams((words[:, 0] << 31) ^ words[:, 1])

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(self.name + scope)

    def apply(self, batch: Batch, params: ForeignParams) -> Batch:
        if not len(batch):
            return batch
        keys = params.key.tolist()
        with generators_restored(batch.images.device):
            if self.mixing:
                self._seed(_joined(keys), batch.images.device)
                return self._mixed(batch)
            images = self._images(to_uint8(batch.images), keys)
        return batch.moved(images, partial(_untold, name=self.name))

    def freely(self, batch: Batch) -> Batch:
        """Apply the transform as its library does, with the global generators as they are."""
        if self.mixing:
            return self._mixed(batch)
        return batch.with_images(self._images(to_uint8(batch.images), None))

    def _mixed(self, batch: Batch) -> Batch:
        images = to_float(batch.images)
        found = self._guarded(self.transform, images, batch.targets)
        if not isinstance(found, list | tuple) or len(found) != 2:
            raise InputError(f"{self.name}: must give images and targets, gave {type(found)}")
        mixed, targets = found
        if not isinstance(targets, Tensor) or targets.shape != batch.targets.shape:
            shape = tuple(targets.shape) if isinstance(targets, Tensor) else type(targets).__name__
            expected = tuple(batch.targets.shape)
            raise InputError(f"{self.name}: must give targets of shape {expected}, gave {shape}")
        move = partial(_untold, name=self.name)
        return batch.moved(self._checked(mixed, images), move, targets.to(batch.targets))

    def _images(self, images: Tensor, keys: list[int] | None) -> Tensor:
        if keys and self.per_batch:
            self._seed(_joined(keys), images.device)
            keys = None
        if self.per_batch and not takes_one(self.transform):
            given = to_float(images) if self.library == "kornia" else images
            return self._checked(self._guarded(self.transform, given), images)
        found = [self._one(image, keys[i] if keys else None) for i, image in enumerate(images)]
        if any(image.is_floating_point() for image in found):
            found = [to_float(image) for image in found]
        return torch.stack(found)

    def _one(self, image: Tensor, key: int | None) -> Tensor:
        if key is not None:
            self._seed(key, image.device)
        return self._checked(self._guarded(self._call, image), image)

    def _guarded(self, call: Callable[..., Any], *given: Tensor) -> Any:
        try:
            return call(*given)
        except Exception as error:  # whatever the user's own code raises
            said = " ".join(f"{self.name}: {type(error).__name__}: {error}".split())
            if isinstance(error, AttributeError | TypeError) and not self.mixing:
                said += f" ({self._called_with()})"
            raise InputError(said) from error

    def _called_with(self) -> str:
        if self.takes_pil:
            return "it is called with a PIL image"
        if self.library in ("albumentations", "kornia"):
            return f"it is called as {self.library} usually is"
        return (
            "it is called with a uint8 tensor (C, H, W); what takes PIL images gets them within "
            "torchvision.transforms.Compose([..., ToTensor()])"
        )

    def _call(self, image: Tensor) -> Any:
        """(C, H, W) uint8 -> the transformed image, given in the form that the library takes."""
        if self.library == "kornia":
            return self.transform(to_float(image[None]))[0]
        if self.takes_pil:
            array = _rows_columns_channels(image)
            found = self.transform(Image.fromarray(array[..., 0] if len(image) == 1 else array))
        elif self.library == "albumentations":
            found = self.transform(image=_rows_columns_channels(image))["image"]
        else:
            found = self.transform(image)
        return self._tensor(found, image.device)

    def _tensor(self, found: Any, device: torch.device) -> Any:
        """A tensor, array or PIL image as a tensor (C, H, W); anything else as it is."""
        if isinstance(found, Tensor):
            return found.to(device)
        if not isinstance(found, np.ndarray | Image.Image):
            return found
        array = np.array(found)
        if array.ndim == 2:
            array = array[..., None]
        channels_first = any(type(step).__name__ == "ToNumpy" for step in steps(self.transform))
        tensor = torch.from_numpy(array)
        return (tensor if channels_first else tensor.permute(2, 0, 1).contiguous()).to(device)

    def _seed(self, key: int, device: torch.device) -> None:
        seed_generators(key, device)
        if self.library == "albumentations" and hasattr(self.transform, "set_random_state"):
            # Its set_random_seed would give all parts of a pipeline the same draws.
            self.transform.set_random_state(np.random.default_rng(key), random.Random(key))

    def _checked(self, found: Any, images: Tensor) -> Tensor:
        if not isinstance(found, Tensor) or found.shape != images.shape:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            said = f"{self.name}: must give shape {tuple(images.shape)}, gave {shape}"
            if isinstance(found, Tensor) and (step := sizing_step(self.transform)):
                height, width = images.shape[-2:]
                said += f"; its {step} must give the size of the images, {height}×{width}"
            raise InputError(said)
        if found.dtype == torch.uint8:
            return found
        if found.dtype not in FLOATS:
            raise InputError(f"{self.name}: must give uint8 or floating, gave {found.dtype}")
        try:
            within = clipped(found, f"{self.name}: values")
        except InputError as error:
            if not erases(self.transform):
                raise
            hint = "its RandomErasing is made for normalized images; use augury's random-erasing"
            raise InputError(f"{error}; {hint}") from error
        # A copy, as the transform may write its next result to the same tensor.
        return within.float().clamp(0, 1)


def _rows_columns_channels(image: Tensor) -> np.ndarray:
    return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())


def _untold(maps: Tensor, name: str) -> NoReturn:
    raise InputError(
        f"{name}: does not tell how it moves pixels; what follows saliency must come before it"
    )


def _joined(keys: list[int]) -> int:
    """One key of a batch and its order."""
    digest = hashlib.blake2b(np.asarray(keys, np.int64).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def adapt(transform: object, name: str, per_batch: bool = False) -> Augmentation[Any]:
    """`transform` as an augmentation; one of ours is returned as it is.

    Raises InputError where it is none.
    """
    if isinstance(transform, Augmentation):
        return transform
    if not callable(transform) or inspect.isclass(transform):
        raise InputError(f"{name}: must be a transform, got {' '.join(repr(transform).split())}")
    if type(transform).__module__ == "timm.data.mixup":
        raise InputError(f"{name}: timm's Mixup takes class numbers; use augury's mixup or cutmix")
    return Foreign(transform, name, per_batch)
