"""Other people's transforms as augmentations: torchvision v2, Albumentations, Kornia, callables.

They draw from global generators. Here these are seeded for each image from its own draws and put
back afterwards, so that such a transform, too, is a function of (seed, epoch, id). One call an
image is slow; it is how these libraries draw per sample.
"""

import hashlib
import importlib
import inspect
import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        Kornia (float (1, C, H, W)), torchvision's MixUp or CutMix (float images (B, C, H, W) and
        labels (B,)), or any callable, uint8 tensor (C, H, W) -> the same, or float in [0, 1].
    name: how errors call it.
    per_batch: call it once for the whole batch, as its users may do in a loop. The result then
        depends on the batch. MixUp and CutMix are always called so.

    Saliency maps that are stored by id do not follow what it does. Raises InputError where its
    result has another size, or values outside [0, 1].
    """

    def __init__(self, transform: Transform, name: str, per_batch: bool = False) -> None:
        self.transform, self.name = transform, name
        self.library = library_of(transform)
        self.mixing = _is_torchvision_mixing(transform)
        self.per_batch = per_batch or self.mixing
        self.mixes = self.per_batch

    def sample(self, batch: Batch, draws: Draws) -> ForeignParams:
        words = draws.bits("foreign " + self.name, 2)
        return ForeignParams((words[:, 0] << 31) ^ words[:, 1])

    def apply(self, batch: Batch, params: ForeignParams) -> Batch:
        keys = params.key.tolist()
        images = to_uint8(batch.images)
        with _generators_restored(images.device):
            if self.mixing:
                self._seed(_joined(keys), images.device)
                # In float, since its MixUp refuses uint8.
                mixed, targets = self.transform(to_float(images), batch.targets.argmax(1))
                return Batch(self._checked(mixed, images), targets.to(batch.targets), batch.ids)
            if self.per_batch:
                self._seed(_joined(keys), images.device)
                return batch.with_images(self._checked(self._call(images), images))
            found = [self._one(image, key) for image, key in zip(images, keys, strict=True)]
        if any(image.is_floating_point() for image in found):
            found = [to_float(image) for image in found]
        return batch.with_images(torch.stack(found))

    def _one(self, image: Tensor, key: int) -> Tensor:
        self._seed(key, image.device)
        return self._checked(self._call(image[None])[0], image)

    def _call(self, images: Tensor) -> Tensor:
        """(B, C, H, W) uint8 -> the transformed images, in the form that the library takes."""
        if self.library == "albumentations":
            return torch.stack([self._call_albumentations(image) for image in images])
        if self.library == "kornia" or self.per_batch:
            given = to_float(images) if self.library == "kornia" else images
            found: Tensor = self.transform(given)
            return found
        return torch.stack([self.transform(image) for image in images])

    def _call_albumentations(self, image: Tensor) -> Tensor:
        array = np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())
        found = np.asarray(self.transform(image=array)["image"])
        found = found[..., None] if found.ndim == 2 else found
        return torch.from_numpy(np.ascontiguousarray(found.transpose(2, 0, 1))).to(image.device)

    def _seed(self, key: int, device: torch.device) -> None:
        # torch.manual_seed also notes the seed for a GPU that may never be used, 160 µs a call.
        torch.default_generator.manual_seed(key)
        if device.type == "cuda":
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


def _is_torchvision_mixing(transform: object) -> bool:
    names = {cls.__name__ for cls in type(transform).__mro__}
    return library_of(transform) == "torchvision" and bool(names & {"MixUp", "CutMix"})


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


def is_factory(name: str) -> bool:
    """Whether `name` is "module:attribute"."""
    return ":" in name


def build_foreign(
    name: str, arguments: Mapping[str, Any], per_batch: bool = False
) -> Augmentation[Any]:
    """What "module:attribute" stands for, called with `arguments` where it makes transforms.

    A class, or a function without a parameter that must be given, makes one; anything else that
    can be called is one. Where `arguments` has `code`, it must be `code_hash(name)`: a study goes
    on only with the code that it began with. Raises InputError with one line for whatever goes
    wrong.
    """
    found = _load(name)
    arguments = dict(arguments)
    if arguments.pop("code", code := code_hash(name)) != code:
        raise InputError(f"{name}: its code has changed since the study began")
    if inspect.isclass(found) or (inspect.isfunction(found) and _makes(found, arguments)):
        try:
            found = found(**arguments)
        except Exception as error:  # whatever the user's own code raises
            raise InputError(f"{name}: {type(error).__name__}: {error}") from error
    elif arguments:
        raise InputError(f"{name}: takes no arguments, got {', '.join(arguments)}")
    return adapt(found, name, per_batch)


def _makes(function: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    required = [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return set(required) <= set(arguments)


def code_hash(name: str) -> str:
    """Of the file that "module:attribute" is defined in; "" for a module without one.

    An arm whose code has changed is another arm.
    """
    path = getattr(_module(name), "__file__", None)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16] if path else ""


def _load(name: str) -> Any:
    found = _module(name)
    for part in name.partition(":")[2].split("."):
        if not hasattr(found, part):
            raise InputError(f"{name}: the module has no {part!r}")
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    module = name.partition(":")[0]
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)  # a module beside the study
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise InputError(f"{name}: there is no module {module!r}") from error
        raise InputError(f"{name}: cannot be imported: {error}") from error
    except Exception as error:  # whatever the user's own code raises
        raise InputError(f"{name}: cannot be imported: {type(error).__name__}: {error}") from error
