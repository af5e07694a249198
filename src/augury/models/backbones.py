"""Networks from timm for any number of channels, without the layers that are not used."""

import difflib
import textwrap
from typing import Any

import torch
from torch import Tensor, nn

from augury.errors import InputError

PREFIX = "timm:"
# What timm's 1,300 networks raise for arguments or images that they cannot take.
UNSUITABLE = (RuntimeError, ValueError, TypeError, KeyError, AttributeError, AssertionError)


def one_line(error: Exception) -> str:
    """The message of a third party's exception as one line of at most 200 characters."""
    return textwrap.shorten(str(error), 200, placeholder=" ...") or type(error).__name__


def check_timm_name(name: str) -> None:
    """Raise InputError, with the nearest names, unless timm has a network `name`."""
    # Here and below timm is imported late: it takes seconds, and `small` does without.
    import timm

    if timm.is_model(name):
        return
    nearest = difflib.get_close_matches(name, timm.list_models(), n=5, cutoff=0.5)
    hint = f"Nearest: {', '.join(nearest)}." if nearest else "timm.list_models() lists them all."
    raise InputError(f"unknown timm model {name!r}. {hint}")


def random_backbone(timm_name: str, channels: int, drop_path: float = 0.0) -> nn.Module:
    """A timm network without classifier, its weights drawn from the global generator.

    Raises InputError where it has no stochastic depth for a `drop_path` over 0.
    """
    if timm_name == "vgg19" and not drop_path:
        return _random_vgg19(channels)
    return _created(timm_name, drop_path, num_classes=0, in_chans=channels)


def _created(timm_name: str, drop_path: float, **arguments: Any) -> nn.Module:
    import timm

    none = InputError(f"drop_path: {timm_name} has no stochastic depth")
    try:
        # timm passes on no None, as not every network takes the argument.
        network = timm.create_model(timm_name, drop_path_rate=drop_path or None, **arguments)
    except TypeError as error:
        raise none if "drop_path_rate" in str(error) else error from error
    if drop_path and not any(type(each).__name__ == "DropPath" for each in network.modules()):
        raise none
    return network


def _random_vgg19(channels: int) -> nn.Module:
    """VGG19 without its 7×7 convolutional head, whose weights would take seconds to draw."""
    import timm

    device = torch.get_default_device()
    with torch.device("meta"):
        network = timm.create_model("vgg19", num_classes=0, in_chans=channels)
    remove_classifier(network)
    network.to_empty(device=device)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return network


def remove_classifier(network: nn.Module) -> None:
    """Keep only the layers of a timm network that `forward_features` uses.

    This also removes VGG19's 7×7 convolutional head, which at 32×32 takes four fifths of a step.
    """
    network.reset_classifier(0)  # type: ignore[operator]
    if hasattr(network, "pre_logits"):
        network.pre_logits = nn.Identity()


def whole_network(
    timm_name: str,
    channels: int,
    *,
    pretrained: bool,
    state: dict[str, Tensor] | None = None,
    drop_path: float = 0.0,
) -> nn.Module:
    """A timm network with its own classifier.

    pretrained: with timm's weights, or with those of `state`, which must fit every layer.
    Raises timm's own errors: one of `UNSUITABLE`, or OSError if weights cannot be fetched; and
    InputError where it has no stochastic depth for a `drop_path` over 0.
    """
    return _created(
        timm_name,
        drop_path,
        pretrained=pretrained,
        in_chans=channels,
        pretrained_cfg_overlay=None if state is None else {"state_dict": state},
    )
