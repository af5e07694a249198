"""The networks that have a name of their own: one row says all that is particular to one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

# Widths of the dense layers, each followed by ReLU, and drop probabilities (the floats), as the
# original study's report lists them; the layer to the K classes comes after. Of VGG19's head the
# report shows only the end, and of DenseNet121's nothing: DenseNet121 gets the stack that
# ResNet50 and EfficientNet-B0 share.
DenseStack = tuple[int | float, ...]
_SHARED: DenseStack = (4000, 2000, 1000, 1000, 1000, 500, 500)


@dataclass(frozen=True)
class NamedModel:
    """A network with a name of its own, either one of timm's or one of ours.

    title: one line for `augury list models`
    timm: its name in timm; None for a network of ours
    build: for a network of ours, makes it from (num_classes, channels)
    stem: of `STEMS`, the one that it has unless another is asked for
    first_convolution, first_pooling: where these layers are in timm's network, for the small stem
        to replace; None where there is nothing to replace
    original_head: the dense layers of the original study; None for a network not in that study
    smallest_image: for a network of ours, the least side in pixels that it takes
    """

    title: str
    timm: str | None = None
    build: "Callable[[int, int], nn.Module] | None" = None
    stem: str = "imagenet"
    first_convolution: str | None = None
    first_pooling: str | None = None
    original_head: DenseStack | None = None
    smallest_image: int = 1


def _small(num_classes: int, channels: int) -> "nn.Module":
    from augury.models.small import Small  # when it is built, so that listing needs no PyTorch

    return Small(num_classes, channels)


def _tiny(num_classes: int, channels: int) -> "nn.Module":
    from augury.models.small import Small

    return Small(num_classes, channels, halvings=1)


MODELS: dict[str, NamedModel] = {
    # Its stem is a 3×3 convolution of stride 1 without pooling already.
    "vgg19": NamedModel("VGG19 (timm)", timm="vgg19", original_head=(128,)),
    "resnet50": NamedModel(
        "ResNet-50 (timm)",
        timm="resnet50",
        first_convolution="conv1",
        first_pooling="maxpool",
        original_head=_SHARED,
    ),
    "densenet121": NamedModel(
        "DenseNet-121 (timm)",
        timm="densenet121",
        first_convolution="features.conv0",
        first_pooling="features.pool0",
        original_head=_SHARED,
    ),
    "mobilenetv2": NamedModel(
        "MobileNetV2 (timm)",
        timm="mobilenetv2_100",
        first_convolution="conv_stem",
        original_head=(4000, 2000, 0.4, 1000, 0.3, 500, 0.2),
    ),
    "efficientnet-b0": NamedModel(
        "EfficientNet-B0 (timm)",
        timm="efficientnet_b0",
        first_convolution="conv_stem",
        original_head=_SHARED,
    ),
    "resnet18": NamedModel(
        "ResNet-18 (timm) for small images",
        timm="resnet18",
        stem="small",
        first_convolution="conv1",
        first_pooling="maxpool",
    ),
    "small": NamedModel(
        "ours, for small images on a processor", build=_small, stem="small", smallest_image=8
    ),
    "tiny": NamedModel(
        "ours at half the width of small, for long training on a processor",
        build=_tiny,
        stem="small",
        smallest_image=8,
    ),
}
