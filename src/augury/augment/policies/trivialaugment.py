"""TrivialAugment (Müller & Hutter, "TrivialAugment: Tuning-free yet state-of-the-art data
augmentation", ICCV 2021)."""

from typing import Self

from augury.augment.base import Augmentation
from augury.augment.policies.operations import (
    Layers,
    Reach,
    apply_layers,
    draw_layers,
    layers_step,
    named_operations,
)
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.kernels.steps import Step
from augury.rng import Draws

# Strengths are 0 to 30, all equally likely.
_TOP = 30


class TrivialAugment(Augmentation[Layers]):
    """Apply one of the 14 operations to each image, at a strength drawn uniformly.

    strength: the drawn strengths times this, and at most their scale's top, 30; over 0 and finite.
        In the paper there is nothing to tune.

    The ranges are the paper's wide ones, as in torchvision's
    `TrivialAugmentWide`; translations reach up to 32 pixels, or the side of a smaller image.
    Bilinear with a black border, as in `apply_layers`; torchvision and the authors take the nearest
    pixel.
    """

    def __init__(self, strength: float = 1.0) -> None:
        if not 0 < strength < float("inf"):
            raise InputError(f"strength: must be over 0, got {strength}")
        self.strength = strength

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, strength=self.strength * strength)

    def operations(self) -> dict[str, bool]:
        return named_operations(reaches(1, 1))

    def sample(self, batch: Batch, draws: Draws) -> Layers:
        u = draws.uniform("trivialaugment", 3)[:, None]
        level = (u[..., 2].double() * (_TOP + 1)).floor() * self.strength
        height, width = batch.images.shape[-2:]
        return draw_layers(reaches(height, width), u[..., :2], level.clamp(max=_TOP), _TOP)

    def apply(self, batch: Batch, params: Layers) -> Batch:
        return apply_layers(batch, params)

    def steps(self, params: Layers, size: tuple[int, int]) -> tuple[Step, ...]:
        return (layers_step(params, size),)


def reaches(height: int, width: int) -> dict[str, Reach]:
    """The range of each operation for images of this size."""
    factor = Reach(end=0.99, signed=True)
    return {
        "identity": Reach(),
        "shear-x": Reach(end=0.99, signed=True),
        "shear-y": Reach(end=0.99, signed=True),
        "translate-x": Reach(end=min(32, width), signed=True, whole=True),
        "translate-y": Reach(end=min(32, height), signed=True, whole=True),
        "rotate": Reach(end=135.0, signed=True),
        "brightness": factor,
        "saturation": factor,
        "contrast": factor,
        "sharpness": factor,
        # Half a bit more, so that cutting to whole numbers rounds to the nearest.
        "posterize": Reach(8.5, 2.5, whole=True),
        "solarize": Reach(255.0, 0.0),
        "autocontrast": Reach(),
        "equalize": Reach(),
    }
