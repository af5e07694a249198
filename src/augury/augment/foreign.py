"""Other people's transforms as augmentations: torchvision v2, Albumentations, Kornia, callables.

They draw from global generators. Here these are seeded for each image from its own draws and put
back afterwards, so that such a transform, too, is a function of (seed, epoch, id). One call an
image is slow; it is how these libraries draw per sample.
"""

import hashlib
import inspect
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor

from augury.augment.base import Augmentation
from augury.batch import Batch, to_float, to_uint8
from augury.errors import InputError
from augury.rng import Draws

Transform = Callable[..., Any]


@dataclass(frozen=True)
class ForeignParams:
    """key: (B,) int64, what the generators are seeded with for each image."""

    key: Tensor


class Foreign(Augmentation[ForeignParams]):
    """A transform of another library.

    transform: torchvision v2 (called with uint8 (C, H, W)), Albumentations (uint8 array (H, W, C)),
        Kornia (float (1, C, H, W)), any callable, uint8 tensor (C, H, W) -> the same, or float in
        [0, 1]; or one that mixes: torchvision's MixUp and CutMix, also within RandomChoice and
        Compose, and any callable of two parameters, (images, targets) -> (images, targets), given
        float images (B, C, H, W) and targets (B, K).
    name: how errors call it.
    per_batch: call it once for the whole batch, as its users may do in a loop. The result then
        depends on the batch. What mixes is always called so.

    Saliency maps that are stored by id cannot follow what it does, and say so when they are asked
    for afterwards. Raises InputError where the transform fails, or its result has another size or
    values outside [0, 1].
    """

    def __init__(self, transform: Transform, name: str, per_batch: bool = False) -> None:
        self.transform, self.name = transform, name
        self.library = library_of(transform)
        self.mixing = _mixes(transform)
        self.per_batch = per_batch or self.mixing
        self.mixes = self.per_batch

    def sample(self, batch: Batch, draws: Draws) -> ForeignParams:
        words = draws.bits("foreign " + self.name, 2)
        return ForeignParams((words[:, 0] << 31) ^ words[:, 1])

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(self.name + scope)

    def apply(self, batch: Batch, params: ForeignParams) -> Batch:
        keys = params.key.tolist()
        with _generators_restored(batch.images.device):
            if self.mixing:
                self._seed(_joined(keys), batch.images.device)
                return self._mixed(batch)
            images = self._images(to_uint8(batch.images), keys)
        return batch.moved(images, partial(_untold, name=self.name))

    def freely(self, batch: Batch) -> Batch:
        """As its users apply it: drawn from whatever generators there are, in whatever state."""
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
        if self.per_batch:
            if keys:
                self._seed(_joined(keys), images.device)
            return self._checked(self._guarded(self._call, images), images)
        found = [self._one(image, keys[i] if keys else None) for i, image in enumerate(images)]
        if any(image.is_floating_point() for image in found):
            found = [to_float(image) for image in found]
        return torch.stack(found) if found else images

    def _one(self, image: Tensor, key: int | None) -> Tensor:
        if key is not None:
            self._seed(key, image.device)
        return self._checked(self._guarded(self._call, image[None])[0], image)

    def _guarded(self, call: Callable[..., Any], *given: Tensor) -> Any:
        try:
            return call(*given)
        except Exception as error:  # whatever the user's own code raises
            raise InputError(f"{self.name}: {type(error).__name__}: {error}") from error

    def _call(self, images: Tensor) -> Any:
        """(B, C, H, W) uint8 -> the transformed images, in the form that the library takes."""
        if self.library == "albumentations":
            return torch.stack([self._call_albumentations(image) for image in images])
        if self.library == "kornia" or self.per_batch:
            return self.transform(to_float(images) if self.library == "kornia" else images)
        return [self.transform(image) for image in images]

    def _call_albumentations(self, image: Tensor) -> Tensor:
        array = np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())
        found = np.asarray(self.transform(image=array)["image"])
        found = found[..., None] if found.ndim == 2 else found
        return torch.from_numpy(np.ascontiguousarray(found.transpose(2, 0, 1))).to(image.device)

    def _seed(self, key: int, device: torch.device) -> None:
        # torch.manual_seed would also seed the generators of all GPUs, which are not put back;
        # while none is in use it takes 160 µs to note the seed.
        torch.default_generator.manual_seed(key)
        if device.type == "cuda":
            with torch.cuda.device(device):
                torch.cuda.manual_seed(key)
        np.random.seed(key & 0xFFFFFFFF)
        random.seed(key)
        if self.library == "albumentations" and hasattr(self.transform, "set_random_state"):
            # Its set_random_seed would give all parts of a pipeline the same draws.
            self.transform.set_random_state(np.random.default_rng(key), random.Random(key))

    def _checked(self, found: Any, images: Tensor) -> Tensor:
        if not isinstance(found, Tensor) or found.shape != images.shape:
            shape = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            raise InputError(f"{self.name}: must give shape {tuple(images.shape)}, gave {shape}")
        if found.dtype == torch.uint8:
            return found
        if not found.is_floating_point():
            raise InputError(f"{self.name}: must give uint8 or floating, gave {found.dtype}")
        low, high = (float(value) for value in found.aminmax())
        # Interpolation may overshoot by a rounding error.
        if not (low >= -1e-3 and high <= 1 + 1e-3):
            raise InputError(f"{self.name}: values must lie in [0, 1], got [{low:g}, {high:g}]")
        return found.float().clamp(0, 1)


def library_of(transform: object) -> str:
    """ "torchvision", "albumentations", "kornia", or "" for anything else."""
    packages = {cls.__module__.partition(".")[0] for cls in type(transform).__mro__}
    known = packages & {"torchvision", "albumentations", "kornia"}
    return known.pop() if known else ""


def _mixes(transform: Any) -> bool:
    """Whether it takes images and targets: torchvision's mixing, or two parameters."""
    if library_of(transform) == "torchvision":
        names = {cls.__name__ for cls in type(transform).__mro__}
        parts = getattr(transform, "transforms", ())
        return bool(names & {"MixUp", "CutMix"}) or any(_mixes(part) for part in parts)
    if library_of(transform):
        return False
    called = transform.forward if isinstance(transform, torch.nn.Module) else transform
    try:
        return len(required(called)) == 2
    except ValueError:  # written in C, and without a signature
        return False


def required(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that must be given by place."""
    return [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def _untold(maps: Tensor, name: str) -> NoReturn:
    raise InputError(
        f"{name}: does not tell how it moves pixels; what follows saliency must come before it"
    )


def _joined(keys: list[int]) -> int:
    """One key of a batch and its order."""
    digest = hashlib.blake2b(np.asarray(keys, np.int64).tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


@contextmanager
def _generators_restored(device: torch.device) -> Iterator[None]:
    numpy_state, python_state = np.random.get_state(), random.getstate()
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def adapt(transform: object, name: str, per_batch: bool = False) -> Augmentation[Any]:
    """`transform` as an augmentation; one of ours is returned as it is.

    Raises InputError where it is none.
    """
    if isinstance(transform, Augmentation):
        return transform
    if not callable(transform) or inspect.isclass(transform):
        raise InputError(f"{name}: must be a transform, got {transform!r}")
    return Foreign(transform, name, per_batch)
