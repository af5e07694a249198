"""From feature maps to logits: a linear layer, or the original study's stacks of dense layers."""

from collections.abc import Callable

from torch import Tensor, nn

from augury.errors import InputError
from augury.models.named import MODELS, NamedModel


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


def linear_head(model: NamedModel, features: int, num_classes: int) -> nn.Module:
    """One linear layer from `features` inputs to K logits, drawn as PyTorch draws it."""
    return nn.Linear(features, num_classes)


def original_head(model: NamedModel, features: int, num_classes: int) -> nn.Module:
    """The original study's dense stack for `model`, from `features` inputs to K logits.

    Weights are drawn as Keras draws a Dense layer's (Glorot uniform, zero bias): with PyTorch's
    own default, eight layers shrink the signal about a thousandfold. Raises InputError for a
    model that the original study did not have.
    """
    if model.original_head is None:
        raise InputError(f"head original: only for {', '.join(with_original_head())}")
    layers: list[nn.Module] = []
    for item in model.original_head:
        if isinstance(item, float):
            layers.append(nn.Dropout(item))
        else:
            layers += [_dense(features, item), nn.ReLU()]
            features = item
    return nn.Sequential(*layers, _dense(features, num_classes))


def with_original_head() -> list[str]:
    """The names of the models that the original study had."""
    return [name for name, model in MODELS.items() if model.original_head is not None]


def _dense(inputs: int, outputs: int) -> nn.Linear:
    layer = nn.Linear(inputs, outputs)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


# From (model, features, num_classes) to a module (B, features) -> (B, num_classes).
HEADS: dict[str, Callable[[NamedModel, int, int], nn.Module]] = {
    "linear": linear_head,
    "original": original_head,
}
