"""Networks by name: normalized images (B, C, H, W) to logits (B, K)."""

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from augury.errors import InputError
from augury.models.backbones import (
    PREFIX,
    TIMM_NAMES,
    UNSUITABLE,
    check_timm_name,
    one_line,
    random_backbone,
    remove_classifier,
    whole_network,
)
from augury.models.heads import ORIGINAL_HEADS, Classifier, original_head
from augury.models.own import build_own, check_own, code_of, is_own, own_model, own_names
from augury.models.small import Small
from augury.models.stems import use_small_stem
from augury.models.weights import fetched_network, network_from_file, pretrained_config
from augury.names import check_name
from augury.own.code_files import split_name
from augury.rng import torch_seed

__all__ = [
    "HEADS",
    "MODELS",
    "STEMS",
    "ModelSpec",
    "build_model",
    "check_model_name",
    "check_spec",
    "code_of",
    "imagenet_network",
    "own_model",
    "own_names",
    "pretrained_statistics",
]


@dataclass(frozen=True)
class Network:
    """What a name of `MODELS` stands for, and the stem it has unless another is asked for."""

    title: str
    stem: str


MODELS: dict[str, Network] = {
    "vgg19": Network("VGG19 (timm)", stem="imagenet"),
    "resnet50": Network("ResNet-50 (timm)", stem="imagenet"),
    "densenet121": Network("DenseNet-121 (timm)", stem="imagenet"),
    "mobilenetv2": Network("MobileNetV2 (timm)", stem="imagenet"),
    "efficientnet-b0": Network("EfficientNet-B0 (timm)", stem="imagenet"),
    "resnet18": Network("ResNet-18 (timm) for small images", stem="small"),
    "small": Network("ours, for small images on a processor", stem="small"),
}
HEADS = ("linear", "original")
STEMS = ("imagenet", "small")

# Sizes that an error proposes in place of one that a network cannot take.
_USUAL_SIZES = (8, 16, 24, 32, 48, 64, 96, 128, 192, 224, 256, 384, 512)


@dataclass(frozen=True)
class ModelSpec:
    """A network to build.

    name: of `MODELS`, `timm:NAME` for any other network of timm, or "module:attribute" for one
        of the user's own (`models.own`), which has its own head, stem and weights
    num_classes: K >= 2; channels: 1 or 3
    head: "linear", or "original" (the original study's dense stacks, for its five networks)
    stem: "imagenet" (the network's own), "small" (3×3, stride 1, no pooling; VGG19's is that
        already), or None for the name's usual one
    pretrained: with timm's weights; weights: a file or folder to read them from, which implies
        it. The head, and a small stem, are fresh all the same.
    image_size: side in pixels of the square images to come, checked if given
    code: of a network of the user's own, what `code_of` must be; "" for any
    """

    name: str
    num_classes: int
    channels: int
    head: str = "linear"
    stem: str | None = None
    pretrained: bool = False
    weights: Path | None = None
    image_size: int | None = None
    code: str = ""


def check_model_name(name: str) -> None:
    """Raise InputError, with the choices and the nearest, unless `name` is a network.

    Of the user's own only the form of the name is looked at.
    """
    if name.startswith(PREFIX):
        check_timm_name(name.removeprefix(PREFIX))
    elif is_own(name):
        split_name(name)
    else:
        check_name(name, [*MODELS, f"{PREFIX}NAME", "module:function"], "model")


def check_spec(spec: ModelSpec) -> None:
    """Raise InputError unless `spec` can be built; weights are not looked for.

    A network of the user's own is built and tried, see `check_own`.
    """
    _check_options(spec)
    if is_own(spec.name):
        check_own(
            spec.name,
            spec.num_classes,
            spec.channels,
            image_size=spec.image_size,
            code=spec.code,
        )
    # `small` takes every size, and trying one out costs a second of imports.
    elif spec.image_size is not None and spec.name != "small":
        _check_image_size(spec, spec.image_size)


def _check_options(spec: ModelSpec) -> None:
    check_model_name(spec.name)
    if spec.num_classes < 2:
        raise InputError(f"num_classes: at least 2 are needed, got {spec.num_classes}")
    if spec.channels not in (1, 3):
        raise InputError(f"channels: must be 1 or 3, got {spec.channels}")
    if is_own(spec.name):
        _check_own_options(spec)
        return
    check_name(spec.head, HEADS, "head")
    if spec.head == "original" and spec.name not in ORIGINAL_HEADS:
        raise InputError(f"head original: only for {', '.join(ORIGINAL_HEADS)}, not {spec.name}")
    if spec.stem is not None:
        check_name(spec.stem, STEMS, "stem")
    if spec.stem == "small" and spec.name.startswith(PREFIX):
        raise InputError(f"{spec.name}: only with stem imagenet, the network's own")
    if spec.name == "small":
        _check_small(spec)


def build_model(spec: ModelSpec, seed: int) -> nn.Module:
    """A network from normalized images (B, C, H, W) to logits (B, K), on the CPU.

    Its weights are a function of `spec` and `seed`; those of the backbone do not depend on the
    head. No generator is left advanced. Raises InputError where `check_spec` does, and where
    pretrained weights cannot be had.
    """
    if is_own(spec.name):
        _check_options(spec)
        return build_own(
            spec.name,
            spec.num_classes,
            spec.channels,
            seed,
            image_size=spec.image_size,
            code=spec.code,
        )
    check_spec(spec)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        return _assemble(spec, seed)


def imagenet_network(name: str, weights: Path | None = None) -> nn.Module:
    """A network as it was pretrained, with its classifier: 3 channels, ImageNet's 1000 classes.

    weights: a file or folder to read them from; None means through timm. Raises InputError where
    they cannot be had.
    """
    check_model_name(name)
    if name == "small" or is_own(name):
        raise InputError(f"{name}: has no pretrained weights")
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        network = _pretrained(ModelSpec(name, 1000, 3, pretrained=True, weights=weights))
    if network is None:
        raise RuntimeError(f"{name}: pretrained weights were asked for and not loaded")
    return network


def pretrained_statistics(
    name: str, channels: int = 3
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, per channel and on [0, 1], that pretrained weights expect.

    For one channel, the means over the three colors.
    """
    check_model_name(name)
    if name == "small" or is_own(name):
        raise InputError(f"{name}: has no pretrained weights")
    config = pretrained_config(_timm_name(name))
    mean, std = config.mean, config.std
    if channels == 1:
        mean, std = (sum(mean) / 3,), (sum(std) / 3,)
    return tuple(mean), tuple(std)


def _check_own_options(spec: ModelSpec) -> None:
    """Head, stem and weights are the network's own; an option that changed nothing would mislead"""
    for option, given in (
        (f"head {spec.head}", spec.head != "linear"),
        (f"stem {spec.stem}", spec.stem is not None),
        ("pretrained weights", spec.pretrained or spec.weights is not None),
    ):
        if given:
            raise InputError(f"{spec.name}: {option} is not for networks of your own")


def _check_small(spec: ModelSpec) -> None:
    if spec.stem == "imagenet":
        raise InputError("small: has no stem imagenet, only its own")
    if spec.pretrained or spec.weights is not None:
        raise InputError("small: has no pretrained weights")
    if spec.image_size is not None and spec.image_size < 8:
        size = spec.image_size
        raise InputError(f"model small cannot take {size}×{size} images, but 8×8")


def _check_image_size(spec: ModelSpec, size: int) -> None:
    """Try the network on an empty image, for the named ones without storage or arithmetic.

    Not every network of timm can be built on the meta device.
    """
    plain = replace(spec, pretrained=False, weights=None)
    device = torch.device("cpu" if spec.name.startswith(PREFIX) else "meta")
    with torch.random.fork_rng(devices=[]), device, torch.no_grad():
        model = _assemble(plain, seed=0).eval()
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


def _assemble(spec: ModelSpec, seed: int) -> nn.Module:
    _seed(seed, "backbone")
    if spec.name == "small":
        return Small(spec.num_classes, spec.channels)
    if spec.name.startswith(PREFIX):
        return _assemble_timm(spec, seed)
    backbone = _backbone(spec)
    if (spec.stem or MODELS[spec.name].stem) == "small":
        _seed(seed, "stem")
        use_small_stem(spec.name, backbone, spec.channels)
    _seed(seed, "head")
    features = int(backbone.num_features)  # type: ignore[arg-type]
    if spec.head == "original":
        return Classifier(backbone, original_head(spec.name, features, spec.num_classes))
    return Classifier(backbone, nn.Linear(features, spec.num_classes))


def _assemble_timm(spec: ModelSpec, seed: int) -> nn.Module:
    """Any network of timm, with timm's own pooling and classifier."""
    network = _pretrained(spec)
    if network is None:
        try:
            network = whole_network(_timm_name(spec.name), spec.channels, pretrained=False)
        except UNSUITABLE as error:
            raise InputError(f"{spec.name}: {one_line(error)}") from error
    _seed(seed, "head")
    network.reset_classifier(spec.num_classes)  # type: ignore[operator]
    return network


def _backbone(spec: ModelSpec) -> nn.Module:
    network = _pretrained(spec)
    if network is None:
        return random_backbone(_timm_name(spec.name), spec.channels)
    remove_classifier(network)
    return network


def _pretrained(spec: ModelSpec) -> nn.Module | None:
    file_stem, timm_name = spec.name.removeprefix(PREFIX), _timm_name(spec.name)
    if spec.weights is not None:
        return network_from_file(spec.weights, file_stem, timm_name, spec.channels)
    if spec.pretrained:
        return fetched_network(file_stem, timm_name, spec.channels)
    return None


def _timm_name(name: str) -> str:
    return name.removeprefix(PREFIX) if name.startswith(PREFIX) else TIMM_NAMES[name]


def _seed(seed: int, part: str) -> None:
    # Only the CPU's generator: torch.manual_seed would also set those of the accelerators.
    torch.default_generator.manual_seed(torch_seed("weights", seed, part))
