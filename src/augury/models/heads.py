"""From feature maps to logits: a linear layer, or the original study's stacks of dense layers."""

from torch import Tensor, nn

# Widths of the dense layers, each followed by ReLU, and drop probabilities (the floats), as the
# original study's report lists them; the layer to the K classes comes after. Of VGG19's head the
# report shows only the end, and of DenseNet121's nothing: DenseNet121 gets the stack that
# ResNet50 and EfficientNet-B0 share.
_SHARED = (4000, 2000, 1000, 1000, 1000, 500, 500)
ORIGINAL_HEADS: dict[str, tuple[int | float, ...]] = {
    "vgg19": (128,),
    "resnet50": _SHARED,
    "densenet121": _SHARED,
    "mobilenetv2": (4000, 2000, 0.4, 1000, 0.3, 500, 0.2),
    "efficientnet-b0": _SHARED,
}


class Classifier(nn.Module):
    """A timm backbone, global average pooling and a head: images (B, C, H, W) to logits (B, K).

    The backbone's `forward_features` must give maps (B, F, h, w). The report flattens the maps
    instead; at its 32×32 images they are 1×1, where the two are the same.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = head

    def forward(self, images: Tensor) -> Tensor:
        maps: Tensor = self.backbone.forward_features(images)  # type: ignore[operator]
        logits: Tensor = self.head(maps.mean((2, 3)))
        return logits


def original_head(name: str, features: int, num_classes: int) -> nn.Sequential:
    """The report's dense stack for the network `name`, from `features` inputs to K logits.

    Weights are drawn as Keras draws a Dense layer's (Glorot uniform, zero bias): with PyTorch's
    own default, eight layers shrink the signal about a thousandfold.
    """
    layers: list[nn.Module] = []
    for item in ORIGINAL_HEADS[name]:
        if isinstance(item, float):
            layers.append(nn.Dropout(item))
        else:
            layers += [_dense(features, item), nn.ReLU()]
            features = item
    return nn.Sequential(*layers, _dense(features, num_classes))


def _dense(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
