"""Networks of the user's own, named "module:attribute": made, seeded and checked.

The name stands for a callable `(num_classes, channels) -> nn.Module`, whose network maps
normalized images (B, C, H, W) to logits (B, K). Networks of torchvision.models and timm.models are
called by the names that their parameters have there.
"""

import inspect
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from augury.errors import AuguryError, InputError
from augury.models.backbones import PREFIX
from augury.own.generators import CPU, generators_restored, seed_generators
from augury.own.here import register_by_name
from augury.own.kinds import MODEL, within
from augury.own.loading import CHANGED, load, whole_code_hash
from augury.own.naming import importable_name
from augury.own.trust import point_to
from augury.rng import torch_seed

_FORM = "must be a callable (num_classes, channels) that gives a torch.nn.Module"
_TRIED = 2  # images
# What the parameters for K and for C are called there; torchvision's networks take three channels.
_LIBRARIES = {
    "torchvision.models": ("num_classes", None),
    "timm.models": ("num_classes", "in_chans"),
}


def is_own(name: str) -> bool:
    """Whether `name` is "module:attribute" or `here:NAME`, and not a network of timm's."""
    return ":" in name and not name.startswith(PREFIX)


def own_names(names: Iterable[str]) -> list[str]:
    """Those of `names` that name code, each once."""
    return [name for name in dict.fromkeys(names) if is_own(name)]


def code_of(name: str) -> str:
    """16 digits of the hash of a network's code; "" for those of augury and installed packages.

    All files of the user's own count that the network's module imports. Nothing is imported.
    """
    return whole_code_hash(name) if is_own(name) else ""


def own_model(network: Callable[..., Any]) -> str:
    """The name by which a study calls a callable `(num_classes, channels) -> nn.Module`.

    "module:name" where any process can import it, else `here:NAME` (`own.here`). The user gives it,
    so its code may run as it is now. Raises InputError where it cannot be called, and where its
    source cannot be read.
    """
    if isinstance(network, nn.Module) or not callable(network):
        raise InputError(f"models: {_FORM}, got {' '.join(repr(network).split())[:80]}")
    name = importable_name(network, MODEL)
    if name is None:
        return register_by_name(network)
    point_to([name], MODEL)
    return name


def build_own(
    name: str,
    num_classes: int,
    channels: int,
    seed: int,
    *,
    image_size: int | None = None,
    code: str = "",
) -> nn.Module:
    """The network of the user's own, on the CPU, its weights a function of `seed`.

    It is made while PyTorch's, NumPy's and Python's global generators are seeded; they are put back
    afterwards. code: what `code_of` must be, "" for any; image_size: side in pixels, for layers
    that take their shape from the first image (nn.LazyLinear).
    Raises InputError, naming it, where it may not run, fails, or gives nothing that can be trained.
    """
    if code and code != code_of(name):
        raise InputError(f"{name}: {CHANGED}")
    make = _factory(name, num_classes, channels)
    with generators_restored(), CPU:
        seed_generators(torch_seed("weights", seed, "own"))
        network = _called(name, make)
        if not isinstance(network, nn.Module):
            raise InputError(f"{name}: must give a torch.nn.Module, gave {_shape(network)}")
        if any(map(is_lazy, network.parameters())) and image_size:
            _forward(name, network.eval(), _TRIED, channels, image_size)
            network.train()
    if any(map(is_lazy, network.parameters())):
        raise InputError(f"{name}: has lazy layers that its first image does not reach")
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise InputError(f"{name}: has no weights to train")
    return network.to(CPU)


def check_own(
    name: str, num_classes: int, channels: int, *, image_size: int | None = None, code: str = ""
) -> None:
    """Raise InputError unless the network can be built, repeated, trained and stored.

    It must give the same weights for the same seed, and, where `image_size` is given, logits
    (B, K) of two images, with gradients.
    """
    first, second = (
        build_own(name, num_classes, channels, 0, image_size=image_size, code=code)
        for _ in range(2)
    )
    _check_state(name, first, second)
    if image_size is None:
        return
    with generators_restored():
        for images in (1, _TRIED):
            _logits(name, first.eval(), images, channels, image_size, num_classes)
        found = _logits(name, second.train(), _TRIED, channels, image_size, num_classes)
        _called(name, found.square().sum().backward)
    if all(parameter.grad is None for parameter in second.parameters()):
        raise InputError(f"{name}: its logits do not depend on its weights")


def _factory(name: str, num_classes: int, channels: int) -> Callable[[], Any]:
    found = load(name, MODEL)
    if isinstance(found, nn.Module):
        raise InputError(
            f"{name}: {_FORM}, and is a network already: each seed needs weights of its own"
        )
    if not callable(found):
        raise InputError(f"{name}: {_FORM}, got {' '.join(repr(found).split())[:80]}")
    home = str(getattr(found, "__module__", ""))
    for library, (classes, colors) in _LIBRARIES.items():
        if within(home, library):
            if colors is None and channels != 3:
                raise InputError(
                    f"{name}: takes images of 3 channels, got {channels}. Call it in a function "
                    "of your own that changes its first layer"
                )
            named = {classes: num_classes} | ({colors: channels} if colors else {})
            return partial(found, **named)
    try:
        inspect.signature(found).bind(num_classes, channels)
    except TypeError as error:
        raise InputError(f"{name}: {_FORM} ({error})") from error
    except ValueError:  # written in C, and without a signature
        pass
    return partial(found, num_classes, channels)


def _check_state(name: str, first: nn.Module, second: nn.Module) -> None:
    again = second.state_dict()
    for key, value in first.state_dict().items():
        if not isinstance(value, Tensor):
            raise InputError(f"{name}: its state {key!r} is no tensor, and cannot be stored")
        other = again.get(key)
        if other is None or not torch.equal(value.nan_to_num(), other.nan_to_num()):
            raise InputError(
                f"{name}: its weights ({key}) differ from call to call. They must come from the "
                "global generators of PyTorch, NumPy or Python, which augury seeds"
            )


def _logits(
    name: str, network: nn.Module, images: int, channels: int, image_size: int, num_classes: int
) -> Tensor:
    found, expected = _forward(name, network, images, channels, image_size), (images, num_classes)
    when = " in training" if network.training else ""
    if not isinstance(found, Tensor) or found.shape != expected:
        raise InputError(
            f"{name}: must give logits (B, K) = {expected}{when}, gave {_shape(found)}"
        )
    if not found.is_floating_point() or not found.isfinite().all():
        raise InputError(f"{name}: its logits{when} must be finite floating numbers")
    return found


def _forward(name: str, network: nn.Module, images: int, channels: int, image_size: int) -> object:
    """The output of the network for random images."""
    try:
        return network(torch.rand(images, channels, image_size, image_size))
    except Exception as error:  # whatever the user's own code raises
        raise InputError(
            f"{name}: cannot take images of {channels}×{image_size}×{image_size} "
            f"({type(error).__name__}: {' '.join(str(error).split())})"
        ) from error


def _called(name: str, call: Callable[[], Any]) -> Any:
    try:
        return call()
    except AuguryError:
        raise
    except Exception as error:  # whatever the user's own code raises
        said = " ".join(str(error).split())
        raise InputError(f"{name}: {type(error).__name__}: {said}") from error


def _shape(found: object) -> str:
    if isinstance(found, Tensor):
        return str(tuple(found.shape))
    return f"{type(found).__module__}.{type(found).__qualname__}".removeprefix("builtins.")
