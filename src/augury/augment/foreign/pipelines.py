"""What a transform of another library is made of, and what it must be called with."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

_LIBRARIES = ("torchvision", "albumentations", "kornia", "timm")

# These accept PIL images alone, or (MaybeToTensor) scale them alone to [0, 1]. All other steps take
# tensors as well, and go on getting them.
_FOR_PIL = {
    ("torchvision.transforms.transforms", "ToTensor"),
    ("torchvision.transforms.transforms", "PILToTensor"),
    ("timm.data.transforms", "ToTensor"),
    ("timm.data.transforms", "MaybeToTensor"),
    ("timm.data.transforms", "ToNumpy"),
}
_FOR_PIL_MODULE = "timm.data.auto_augment"


def library_of(transform: object) -> str:
    """ "torchvision", "albumentations", "kornia", or "" for anything else."""
    packages = {cls.__module__.partition(".")[0] for cls in type(transform).__mro__}
    known = packages & {"torchvision", "albumentations", "kornia"}
    return known.pop() if known else ""


def steps(transform: Any) -> Iterator[Any]:
    """`transform` and everything within it, from first to last: Compose, RandomChoice, ..."""
    yield transform
    inner = getattr(transform, "transforms", None)
    if not isinstance(inner, list | tuple | torch.nn.Module):
        inner = transform.children() if isinstance(transform, torch.nn.Module) else ()
    for step in inner if isinstance(inner, Iterable) else ():
        yield from steps(step)


def mixes(transform: Any) -> bool:
    """Whether it takes images and targets: torchvision's mixing, or two parameters."""
    library = library_of(transform)
    if library == "torchvision":
        return any(_is_mixing(step) for step in steps(transform))
    if library:
        return False
    called = transform.forward if isinstance(transform, torch.nn.Module) else transform
    try:
        return len(required(called)) == 2
    except ValueError:  # written in C, and without a signature
        return False


def _is_mixing(step: object) -> bool:
    """Whether it is torchvision's MixUp or CutMix, or made from one."""
    return any(
        cls.__name__ in ("MixUp", "CutMix") and cls.__module__.startswith("torchvision")
        for cls in type(step).__mro__
    )


def required(function: Callable[..., Any]) -> list[str]:
    """The names of the parameters that must be given by place."""
    return [
        p.name
        for p in inspect.signature(function).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]


def takes_pil(transform: Any) -> bool:
    """Whether a step needs PIL images, and none before it makes them of tensors."""
    for step in steps(transform):
        module, name = type(step).__module__, type(step).__name__
        if name == "ToPILImage":
            return False
        if module == _FOR_PIL_MODULE or (module, name) in _FOR_PIL:
            return True
    return False


def takes_one(transform: Any) -> bool:
    """Whether it takes no batch (B, C, H, W): what works on arrays or PIL images."""
    makes_pil = any(type(step).__name__ == "ToPILImage" for step in steps(transform))
    return library_of(transform) == "albumentations" or makes_pil or takes_pil(transform)


def class_counts(transform: Any) -> set[int]:
    """Each `num_classes` that it is told, or torchvision's MixUp and CutMix within it are."""
    told = [step for step in steps(transform) if step is transform or _is_mixing(step)]
    counts = {getattr(step, "num_classes", None) for step in told}
    return {count for count in counts if isinstance(count, int)}


def normalizing_step(transform: Any) -> str:
    """The name of the first step that takes images out of [0, 1] by mean and deviation; else ""."""
    found = (type(step).__name__ for step in steps(transform) if _leaves_unit_range(step))
    return next(found, "")


def _leaves_unit_range(step: Any) -> bool:
    if _library(step) == "" or type(step).__name__ != "Normalize":
        return False
    if getattr(step, "normalization", "standard") != "standard":  # Albumentations' other kinds
        return not step.normalization.startswith("min_max")
    values = getattr(step, "flags", None) or vars(step)  # Kornia keeps them in `flags`
    mean, std = (torch.as_tensor(values[key]).double() for key in ("mean", "std"))
    return bool(((-mean / std < 0) | ((1 - mean) / std > 1)).any())


def sizing_step(transform: Any) -> str:
    """The name of the last step that decides the size of the image; "" for none."""
    names = [type(step).__name__ for step in steps(transform) if _library(step)]
    sizing = [name for name in names if any(word in name for word in ("Resize", "Crop", "Pad"))]
    return sizing[-1] if sizing else ""


def erases(transform: Any) -> bool:
    """Whether a step is RandomErasing, whose random pixels are those of normalized images."""
    return any(
        _library(step) and type(step).__name__ == "RandomErasing" for step in steps(transform)
    )


def _library(step: object) -> str:
    package = type(step).__module__.partition(".")[0]
    return package if package in _LIBRARIES else ""
