"""The small stem: a 3×3 convolution of stride 1 and no pooling, for images of 28 to 64 pixels.

The ImageNet stems shrink an image two or four times before the first block, which leaves little
of a small one.
"""

from torch import nn

# The first convolution, and the pooling right after it, in timm's networks. VGG19 is absent:
# its stem is a 3×3 convolution of stride 1 without pooling already, and is left unchanged.
_STEMS: dict[str, tuple[str, str | None]] = {
    "resnet50": ("conv1", "maxpool"),
    "resnet18": ("conv1", "maxpool"),
    "densenet121": ("features.conv0", "features.pool0"),
    "mobilenetv2": ("conv_stem", None),
    "efficientnet-b0": ("conv_stem", None),
}


def use_small_stem(name: str, backbone: nn.Module, channels: int) -> None:
    """Give the timm network `name` the small stem, with a freshly drawn convolution."""
    if name not in _STEMS:
        return
    convolution, pooling = _STEMS[name]
    width = backbone.get_submodule(convolution).out_channels
    fresh = nn.Conv2d(channels, int(width), 3, padding=1, bias=False)  # type: ignore[arg-type]
    nn.init.kaiming_normal_(fresh.weight, mode="fan_out", nonlinearity="relu")
    backbone.set_submodule(convolution, fresh)
    if pooling:
        backbone.set_submodule(pooling, nn.Identity())
