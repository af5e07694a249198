"""Building a network from its description."""

from pathlib import Path

import torch
from torch import nn

from augury.models.assembly import assemble, pretrained_network
from augury.models.check import check_options, check_spec
from augury.models.own import build_own, is_own
from augury.models.spec import ModelSpec, timm_name
from augury.models.weights import pretrained_config


def build_model(spec: ModelSpec, seed: int) -> nn.Module:
    """A network from normalized images (B, C, H, W) to logits (B, K), on the CPU.

    Its weights are a function of `spec` and `seed`; those of the backbone do not depend on the
    head. No generator is left advanced. Raises InputError where `check_spec` does, and where
    pretrained weights cannot be had.
    """
    if is_own(spec.name):
        check_options(spec)
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
        return assemble(spec, seed)


def imagenet_network(name: str, weights: Path | None = None) -> nn.Module:
    """A network as it was pretrained, with its classifier: 3 channels, ImageNet's 1000 classes.

    weights: a file or folder to read them from; None means through timm. Raises InputError where
    they cannot be had.
    """
    timm_name(name)
    with torch.random.fork_rng(devices=[]), torch.device("cpu"):
        network = pretrained_network(ModelSpec(name, 1000, 3, pretrained=True, weights=weights))
    if network is None:
        raise RuntimeError(f"{name}: pretrained weights were asked for and not loaded")
    return network


def pretrained_statistics(
    name: str, channels: int = 3
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, per channel and on [0, 1], that pretrained weights expect.

    channels: 3, or 1 for the means over the three colors. Raises InputError for a network that
    has no pretrained weights.
    """
    config = pretrained_config(timm_name(name))
    mean, std = config.mean, config.std
    if channels == 1:
        mean, std = (sum(mean) / 3,), (sum(std) / 3,)
    return tuple(mean), tuple(std)
