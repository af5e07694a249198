"""CutMix (Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers", ICCV 2019)."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_positive, check_probability
from augury.augment.mixing.partners import draw_partners, mix
from augury.augment.shared.beta import beta
from augury.augment.shared.boxes import rectangle_mask, share_outside
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class CutMixParams:
    """partner: (B,) int64, rows of the batch; top, left, height, width: (B,) int64, pixels.

    The box may reach beyond the image; it is empty for images into which nothing is pasted.
    """

    partner: Tensor
    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


class CutMix(Augmentation[CutMixParams]):
    """Paste a box of another image into each, at its own place; targets by the area pasted.

    alpha: λ ~ Beta(alpha, alpha), and the box has the share 1 - λ of the image, with its aspect;
        the default 1, which is uniform, is the paper's.
    p: probability that an image is mixed; the default 1 is the paper's for ImageNet, its code
        takes 0.5 for CIFAR.

    The center is uniform over the pixels and the box is clipped at the border; the target's λ is
    the share of pixels outside the clipped box. Deviations from the authors' code: λ, box and
    partner are drawn per image (theirs: one λ and one box per batch), no image is its own partner,
    and sides are rounded (theirs: cut to even numbers).
    """

    mixes = True

    def __init__(self, alpha: float = 1.0, p: float = 1.0) -> None:
        check_positive("alpha", alpha)
        check_probability("p", p)
        self.alpha, self.p = alpha, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> CutMixParams:
        rows, columns = batch.images.shape[-2:]
        u = draws.uniform("cutmix", 4)
        side = (1 - beta(u[:, 1], self.alpha).double()).sqrt()
        side = side.masked_fill(u[:, 0] >= self.p, 0)
        height, width = (side * rows).round().long(), (side * columns).round().long()
        return CutMixParams(
            partner=draw_partners(draws, "cutmix"),
            top=(u[:, 2].double() * rows).long() - height // 2,
            left=(u[:, 3].double() * columns).long() - width // 2,
            height=height,
            width=width,
        )

    def apply(self, batch: Batch, params: CutMixParams) -> Batch:
        inside = rectangle_mask(
            params.top, params.left, params.height, params.width, batch.images.shape[-2:]
        )
        return mix(batch, params.partner, ~inside, share_outside(inside))
