"""Whether a network can be built, and takes images of the size to come."""

from dataclasses import replace
from itertools import islice

import torch
from torch import nn

from augury.errors import InputError
from augury.models.assembly import assemble
from augury.models.backbones import PREFIX, UNSUITABLE, one_line
from augury.models.heads import HEADS, with_original_head
from augury.models.named import NamedModel
from augury.models.own import check_own, is_own
from augury.models.spec import ModelSpec, check_model_name
from augury.models.stems import STEMS
from augury.names import check_name

# Sizes that an error proposes in place of one that a network cannot take.
_USUAL_SIZES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 224, 256, 384, 512)


def check_spec(spec: ModelSpec) -> None:
    """Raise InputError unless `spec` can be built; weights are not looked for.

    A network of the user's own is built and tried, see `check_own`.
    """
    check_options(spec)
    if is_own(spec.name):
        check_own(
            spec.name,
            spec.num_classes,
            spec.channels,
            image_size=spec.image_size,
            code=spec.code,
        )
    # The sizes of augury's own are known, and trying one out costs a second of imports.
    elif spec.image_size is not None and not _is_ours(spec):
        _check_image_size(spec, spec.image_size)


def check_options(spec: ModelSpec) -> None:
    """Raise InputError unless the network has such a head, stem and weights; nothing is built."""
    check_model_name(spec.name)
    if spec.num_classes < 2:
        raise InputError(f"num_classes: at least 2 are needed, got {spec.num_classes}")
    if spec.channels not in (1, 3):
        raise InputError(f"channels: must be 1 or 3, got {spec.channels}")
    if spec.drop_path and (is_own(spec.name) or _is_ours(spec)):
        raise InputError(f"drop_path: {spec.name} has no stochastic depth")
    if is_own(spec.name):
        _check_own_options(spec)
        return
    check_name(spec.head, HEADS, "head")
    if spec.head == "original" and spec.name not in with_original_head():
        names = ", ".join(with_original_head())
        raise InputError(f"head original: only for {names}, not {spec.name}")
    if spec.stem is not None:
        check_name(spec.stem, STEMS, "stem")
    if spec.stem == "small" and spec.name.startswith(PREFIX):
        raise InputError(f"{spec.name}: only with stem imagenet, the network's own")
    if spec.named is not None and _is_ours(spec):
        _check_ours(spec, spec.named)


def _is_ours(spec: ModelSpec) -> bool:
    return spec.named is not None and spec.named.build is not None


def _check_own_options(spec: ModelSpec) -> None:
    """Head, stem and weights are the network's own; an option without effect would mislead."""
    for option, given in (
        (f"head {spec.head}", spec.head != "linear"),
        (f"stem {spec.stem}", spec.stem is not None),
        ("pretrained weights", spec.pretrained or spec.weights is not None),
    ):
        if given:
            raise InputError(f"{spec.name}: {option} is not for networks of your own")


def _check_ours(spec: ModelSpec, model: NamedModel) -> None:
    if spec.stem not in (None, model.stem):
        raise InputError(f"{spec.name}: has no stem {spec.stem}, only its own")
    if spec.pretrained or spec.weights is not None:
        raise InputError(f"{spec.name}: has no pretrained weights")
    least = model.smallest_image
    if spec.image_size is not None and spec.image_size < least:
        size = f"{spec.image_size}×{spec.image_size}"
        raise InputError(f"model {spec.name} cannot take {size} images, but {least}×{least}")


def _check_image_size(spec: ModelSpec, size: int) -> None:
    """Try the network on an empty image, for the named ones without storage or arithmetic.

    Not every network of timm can be built on the meta device.
    """
    plain = replace(spec, pretrained=False, weights=None)
    device = torch.device("cpu" if spec.named is None else "meta")
    with torch.random.fork_rng(devices=[]), device, torch.no_grad():
        model = assemble(plain, seed=0).eval()
        reason = _misfit(model, spec.channels, size)
        if reason is None:
            return
        larger = (s for s in _USUAL_SIZES if s > size and not _misfit(model, spec.channels, s))
        hint = "".join(f", but {s}×{s} for instance" for s in islice(larger, 1))
    raise InputError(f"model {spec.name} cannot take {size}×{size} images{hint} ({reason})")


def _misfit(model: nn.Module, channels: int, size: int) -> str | None:
    """Why `model` cannot take `size`×`size` images, or None."""
    try:
        model(torch.zeros(1, channels, size, size))
    except UNSUITABLE as error:
        return one_line(error)
    return None
