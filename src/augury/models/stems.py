"""The first layers of a network: its own, or small ones for images of 28 to 64 pixels.

The ImageNet stems shrink an image two or four times before the first block, which leaves little
of a small one.
"""

from collections.abc import Callable

from torch import nn

from augury.models.named import NamedModel


def own_stem(model: NamedModel, backbone: nn.Module, channels: int) -> None:
    """Leave the stem of timm's network as it is."""


def small_stem(model: NamedModel, backbone: nn.Module, channels: int) -> None:
    """Put a freshly drawn 3×3 convolution of stride 1, without pooling, in place of the stem."""
    if model.first_convolution is not None:
        width = backbone.get_submodule(model.first_convolution).out_channels
        fresh = nn.Conv2d(channels, int(width), 3, padding=1, bias=False)  # type: ignore[arg-type]
        nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
        backbone.set_submodule(model.first_convolution, fresh)
    if model.first_pooling is not None:
        backbone.set_submodule(model.first_pooling, nn.Identity())


# Each changes the backbone of a network of timm's, for images of so many channels, in place.
STEMS: dict[str, Callable[[NamedModel, nn.Module, int], None]] = {
    "imagenet": own_stem,
    "small": small_stem,
}
