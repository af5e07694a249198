"""A network put together from backbone, stem and head; each part draws from its own stream."""

import torch
from torch import nn

from augury.errors import InputError
from augury.models.backbones import (
    PREFIX,
    UNSUITABLE,
    one_line,
    random_backbone,
    remove_classifier,
    whole_network,
)
from augury.models.heads import HEADS, Classifier
from augury.models.named import NamedModel
from augury.models.spec import ModelSpec, timm_name
from augury.models.stems import STEMS
from augury.models.weights import fetched_network, network_from_file
from augury.names import lookup
from augury.rng import torch_seed


def assemble(spec: ModelSpec, seed: int) -> nn.Module:
    """The network of a checked `spec`; sets the default generator, which the caller forks."""
    _seed(seed, "backbone")
    if spec.named is None:
        return _any_of_timm(spec, seed)
    if spec.named.build is not None:
        return spec.named.build(spec.num_classes, spec.channels)
    return _named_of_timm(spec, spec.named, seed)


def pretrained_network(spec: ModelSpec) -> nn.Module | None:
    """timm's network with the weights that `spec` asks for and its classifier; None for none."""
    file_stem = spec.name.removeprefix(PREFIX)
    if spec.weights is not None:
        return network_from_file(
            spec.weights, file_stem, timm_name(spec.name), spec.channels, spec.drop_path
        )
    if spec.pretrained:
        return fetched_network(file_stem, timm_name(spec.name), spec.channels, spec.drop_path)
    return None


def _named_of_timm(spec: ModelSpec, model: NamedModel, seed: int) -> nn.Module:
    backbone = _backbone(spec)
    _seed(seed, "stem")
    lookup(STEMS, spec.stem or model.stem, "stem")(model, backbone, spec.channels)
    _seed(seed, "head")
    features = int(backbone.num_features)  # type: ignore[arg-type]
    head = lookup(HEADS, spec.head, "head")(model, features, spec.num_classes)
    return Classifier(backbone, head)


def _backbone(spec: ModelSpec) -> nn.Module:
    network = pretrained_network(spec)
    if network is None:
        return random_backbone(timm_name(spec.name), spec.channels, spec.drop_path)
    remove_classifier(network)
    return network


def _any_of_timm(spec: ModelSpec, seed: int) -> nn.Module:
    """Any network of timm, with timm's own pooling and classifier."""
    network = pretrained_network(spec)
    if network is None:
        try:
            network = whole_network(
                timm_name(spec.name), spec.channels, pretrained=False, drop_path=spec.drop_path
            )
        except UNSUITABLE as error:
            raise InputError(f"{spec.name}: {one_line(error)}") from error
    _seed(seed, "head")
    network.reset_classifier(spec.num_classes)  # type: ignore[operator]
    return network


def _seed(seed: int, part: str) -> None:
    # Only the CPU's generator: torch.manual_seed would also set those of the accelerators.
    torch.default_generator.manual_seed(torch_seed("weights", seed, part))
