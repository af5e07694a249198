"""Mirror images, as torchvision's `RandomHorizontalFlip` and `RandomVerticalFlip`."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from augury.augment.base import check_probability, per_image
from augury.augment.geometry.resampling import Geometric, scaling
from augury.batch import Batch
from augury.kernels.steps import Step, Window
from augury.rng import Draws


@dataclass(frozen=True)
class FlipParams:
    """horizontal, vertical: (B,) bool, which images are mirrored."""

    horizontal: Tensor
    vertical: Tensor


class Flip(Geometric[FlipParams]):
    """Mirror images left to right, top to bottom, or both.

    horizontal: probability of left to right; ½ is torchvision's default.
    vertical: probability of top to bottom, independent of the other; the default is 0 because few
        photographs are upside down.

    It moves whole pixels, keeps their values, and never reads beyond the border.
    """

    # Whose draws it takes.
    _operation = "flip"

    def __init__(self, horizontal: float = 0.5, vertical: float = 0.0) -> None:
        check_probability("horizontal", horizontal)
        check_probability("vertical", vertical)
        self.horizontal, self.vertical = horizontal, vertical

    def sample(self, batch: Batch, draws: Draws) -> FlipParams:
        u = draws.uniform(self._operation, 2)
        return FlipParams(u[:, 0] < self.horizontal, u[:, 1] < self.vertical)

    def left_alone(self, params: FlipParams) -> Tensor | None:
        return ~(params.horizontal | params.vertical)

    def matrix(self, params: FlipParams, size: tuple[int, int]) -> Tensor:
        return scaling(
            torch.where(params.vertical, -1.0, 1.0), torch.where(params.horizontal, -1.0, 1.0)
        )

    def steps(self, params: FlipParams, size: tuple[int, int]) -> tuple[Step, ...]:
        still = torch.zeros_like(params.vertical, dtype=torch.int64)
        return (Window(params.vertical, params.horizontal, still, still),)

    def apply(self, batch: Batch, params: FlipParams) -> Batch:
        move = partial(mirror, params=params)
        return batch.moved(move(batch.images), move)


def mirror(images: Tensor, params: FlipParams) -> Tensor:
    """Images (B, C, H, W) of any dtype, mirrored as `params` say."""
    images = torch.where(per_image(params.horizontal), images.flip(3), images)
    return torch.where(per_image(params.vertical), images.flip(2), images)
