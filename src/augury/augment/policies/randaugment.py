"""RandAugment (Cubuk et al., "RandAugment: Practical automated data augmentation", 2020)."""

from typing import Self

import torch

from augury.augment.base import Augmentation
from augury.augment.policies.operations import (
    Layers,
    Reach,
    apply_layers,
    check_magnitudes,
    draw_layers,
    layers_step,
    named_operations,
)
from augury.augment.shared.quantiles import middle
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.kernels.steps import Step
from augury.rng import Draws

# The top of the scale of magnitudes.
_TOP = 30


class RandAugment(Augmentation[Layers]):
    """Apply `layers` of the 14 operations to each image, drawn with replacement.

    layers: the paper's N; 2 is torchvision's default and the paper's for ImageNet.
    magnitude: the paper's M, 0 to 30; 9 is torchvision's default and the paper's for ResNet-50.
    magnitude_std: standard deviation of the magnitude, which is drawn for each image and layer from
        a normal distribution around `magnitude` and clipped to [0, 30]. The default is timm's, 0.5
        on a scale of 10. 0 gives the paper's one magnitude for all.

    The ranges of the operations are torchvision's, in which a higher magnitude always changes
    more; the direction is drawn per image and layer. Bilinear with a black border, as in
    `apply_layers`; torchvision takes the nearest pixel, and the authors' border is gray 128.
    """

    def __init__(self, layers: int = 2, magnitude: float = 9.0, magnitude_std: float = 1.5) -> None:
        check_magnitudes(layers, magnitude, magnitude_std, _TOP)
        self.layers, self.magnitude, self.magnitude_std = layers, magnitude, magnitude_std

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            magnitude=self.magnitude * strength,
            magnitude_std=self.magnitude_std * strength,
        )

    def operations(self) -> dict[str, bool]:
        return named_operations(reaches(1, 1))

    def sample(self, batch: Batch, draws: Draws) -> Layers:
        u = draws.uniform("randaugment", 3 * self.layers).view(-1, self.layers, 3)
        normal = torch.special.ndtri(middle(u[..., 2]))
        level = (self.magnitude + self.magnitude_std * normal).clamp(0, _TOP)
        height, width = batch.images.shape[-2:]
        return draw_layers(reaches(height, width), u[..., :2], level, _TOP)

    def apply(self, batch: Batch, params: Layers) -> Batch:
        return apply_layers(batch, params)

    def steps(self, params: Layers, size: tuple[int, int]) -> tuple[Step, ...]:
        return (layers_step(params, size),)


def reaches(height: int, width: int) -> dict[str, Reach]:
    """The range of each operation for images of this size, as in torchvision's `RandAugment`."""
    share, factor = 150 / 331, Reach(end=0.9, signed=True)
    return {
        "identity": Reach(),
        "shear-x": Reach(end=0.3, signed=True),
        "shear-y": Reach(end=0.3, signed=True),
        "translate-x": Reach(end=share * width, signed=True, whole=True),
        "translate-y": Reach(end=share * height, signed=True, whole=True),
        "rotate": Reach(end=30.0, signed=True),
        "brightness": factor,
        "saturation": factor,
        "contrast": factor,
        "sharpness": factor,
        # Half a bit more, so that cutting to whole numbers rounds to the nearest.
        "posterize": Reach(8.5, 4.5, whole=True),
        "solarize": Reach(255.0, 0.0),
        "autocontrast": Reach(),
        "equalize": Reach(),
    }
