"""RandAugment as timm has it, "rand-m9-mstd0.5-inc1" of its training scripts."""

from typing import Self

import torch

from augury.augment.base import Augmentation, check_probability
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
from augury.kernels.steps import OPERATIONS, Step
from augury.rng import Draws

# The top of timm's scale of magnitudes.
_TOP = 10

# Just under 5, so that cutting to whole numbers gives 4 less the whole number of steps.
_MOST_BITS = 5 - 1e-6


class TimmRandAugment(Augmentation[Layers]):
    """Apply up to `layers` of timm's 15 operations to each image, each with probability `layer_p`.

    layers: timm's n.
    magnitude: timm's m, 0 to 10. 9 is that of DeiT, Swin and ConvNeXt.
    magnitude_std: timm's mstd, standard deviation of the magnitude, which is drawn for each image
        and layer from a normal distribution around `magnitude` and clipped to [0, 10].
    layer_p: timm's p, the probability of each layer.

    Operations are drawn with replacement; all change more at a higher magnitude ("inc1"). Beside
    those of `RandAugment` there are invert and a solarize that adds; posterize keeps 4 bits at most
    and one at least; and there is no identity. Bilinear with a black border, as in `apply_layers`;
    timm draws bilinear or bicubic, and fills with the mean color of its normalization.
    """

    def __init__(
        self,
        layers: int = 2,
        magnitude: float = 9.0,
        magnitude_std: float = 0.5,
        layer_p: float = 0.5,
    ) -> None:
        check_magnitudes(layers, magnitude, magnitude_std, _TOP)
        check_probability("layer_p", layer_p)
        self.layers, self.magnitude, self.magnitude_std = layers, magnitude, magnitude_std
        self.layer_p = layer_p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(
            self,
            magnitude=self.magnitude * strength,
            magnitude_std=self.magnitude_std * strength,
        )

    def operations(self) -> dict[str, bool]:
        return named_operations(reaches(1, 1))

    def sample(self, batch: Batch, draws: Draws) -> Layers:
        u = draws.uniform("timm-randaugment", 4 * self.layers).view(-1, self.layers, 4)
        normal = torch.special.ndtri(middle(u[..., 2]))
        level = (self.magnitude + self.magnitude_std * normal).clamp(0, _TOP)
        height, width = batch.images.shape[-2:]
        drawn = draw_layers(reaches(height, width), u[..., :2], level, _TOP)
        skipped = u[..., 3] >= self.layer_p
        return Layers(
            drawn.operation.masked_fill(skipped, OPERATIONS.index("identity")),
            drawn.magnitude.masked_fill(skipped, 0),
        )

    def apply(self, batch: Batch, params: Layers) -> Batch:
        return apply_layers(batch, params)

    def steps(self, params: Layers, size: tuple[int, int]) -> tuple[Step, ...]:
        return (layers_step(params, size),)


def reaches(height: int, width: int) -> dict[str, Reach]:
    """The range of each operation for images of this size, in timm's order."""
    factor = Reach(end=0.9, signed=True)
    return {
        "autocontrast": Reach(),
        "equalize": Reach(),
        "invert": Reach(),
        "rotate": Reach(end=30.0, signed=True),
        "posterize": Reach(_MOST_BITS, 1.0, whole=True),
        "solarize": Reach(256.0, 0.0),
        "solarize-add": Reach(end=110.0, whole=True),
        "saturation": factor,
        "contrast": factor,
        "brightness": factor,
        "sharpness": factor,
        "shear-x": Reach(end=0.3, signed=True),
        "shear-y": Reach(end=0.3, signed=True),
        "translate-x": Reach(end=0.45 * width, signed=True),
        "translate-y": Reach(end=0.45 * height, signed=True),
    }
