"""`small`: our network for small images, fast on a CPU; and `tiny`, at half its width."""

from itertools import pairwise

from torch import Tensor, nn

_STEM = 32
_WIDTHS = (64, 128, 256)
_SCALE = 1 / 8  # keeps the first logits small at the high learning rates of short training
# Running statistics that follow within tens of steps, since training may be that short.
_MOMENTUM = 0.2


class Small(nn.Module):
    """Images (B, C, H, W), H and W at least 8, to logits (B, K).

    halvings: how often all widths are halved; `small` has none, `tiny` has one

    A 3×3 stem, then three groups of convolution, pooling and convolution, each with batch
    normalization, then the maximum over positions and a linear layer. It follows airbench's network
    for CIFAR-10 (Jordan 2024, arXiv:2404.00498), with fewer channels, ReLU instead of GELU and a
    padded 3×3 stem, and without the whitening layer and what belongs to airbench's own recipe.
    """

    def __init__(self, num_classes: int, channels: int, halvings: int = 0) -> None:
        super().__init__()
        first, *rest = widths = [width >> halvings for width in (_STEM, *_WIDTHS)]
        stem = nn.Conv2d(channels, first, 3, padding=1, bias=False)
        groups = [_group(inputs, outputs) for inputs, outputs in pairwise(widths)]
        self.features = nn.Sequential(stem, *_normalized(first), *groups)
        self.classifier = nn.Linear(rest[-1], num_classes)

    def forward_features(self, images: Tensor) -> Tensor:
        """The last feature maps (B, F, h, w); named as in timm's networks."""
        maps: Tensor = self.features(images)
        return maps

    def forward(self, images: Tensor) -> Tensor:
        maps = self.forward_features(images)
        logits: Tensor = self.classifier(maps.amax((2, 3))) * _SCALE
        return logits


def _group(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        *_normalized(outputs),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        *_normalized(outputs),
    )


def _normalized(width: int) -> tuple[nn.Module, nn.Module]:
    return nn.BatchNorm2d(width, momentum=_MOMENTUM), nn.ReLU(inplace=True)
