"""SaliencyMix (Uddin et al., "SaliencyMix: A saliency guided data augmentation", ICLR 2021)."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import (
    Augmentation,
    Source,
    check_positive,
    check_probability,
    saliency_of,
)
from augury.augment.mixing.partners import by_id, draw_partners, mix
from augury.augment.shared.beta import beta
from augury.augment.shared.boxes import rectangle_mask, share_outside
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class SaliencyMixParams:
    """partner: (B,) int64 rows; top, left, height, width: (B,) int64, the box in pixels.

    The box may reach beyond the image; it is empty for images that are not mixed.
    """

    partner: Tensor
    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


class SaliencyMix(Augmentation[SaliencyMixParams]):
    """Paste a box around the most salient pixel of another image into each image.

    saliency: a callable, batch -> (B, H, W) float ≥ 0.
    p: probability that an image is mixed.
    alpha: λ ~ Beta(alpha, alpha); the box is √(1-λ) as high and as wide as the image.
    shared_box: whether all images have the same coin, λ and box, namely those of the sample with
        the smallest id; the authors' code shares them.

    The box lies at the same place in both images and is clipped at the border; targets follow the
    area of the clipped box. Its center is the most salient pixel, the first in row order among
    equal ones. Defaults: the authors' for CIFAR-10. Deviations from their code: coin, λ and box are
    drawn per image (theirs: per batch), sides are rounded (theirs: cut to even numbers of pixels),
    and maps can come from any source (theirs: OpenCV's fine-grained detector).
    """

    mixes = True

    def __init__(
        self, saliency: Source, p: float = 0.5, alpha: float = 1.0, shared_box: bool = False
    ) -> None:
        check_probability("p", p)
        check_positive("alpha", alpha)
        self.saliency, self.p, self.alpha, self.shared_box = saliency, p, alpha, shared_box

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> SaliencyMixParams:
        rows, columns = batch.images.shape[-2:]
        u = draws.uniform("saliencymix", 2)
        partner = draw_partners(draws, "saliencymix")
        side = (1 - beta(u[:, 1], self.alpha).double()).sqrt()
        side = side.masked_fill(u[:, 0] >= self.p, 0)
        peak = saliency_of(self.saliency, batch).flatten(1).argmax(1)[partner]
        if self.shared_box:
            first = by_id(draws)[:1]
            side, peak = side[first].expand_as(side), peak[first].expand_as(peak)
        height, width = (side * rows).round().long(), (side * columns).round().long()
        return SaliencyMixParams(
            partner=partner,
            top=peak // columns - height // 2,
            left=peak % columns - width // 2,
            height=height,
            width=width,
        )

    def apply(self, batch: Batch, params: SaliencyMixParams) -> Batch:
        pasted = rectangle_mask(
            params.top, params.left, params.height, params.width, batch.images.shape[-2:]
        )
        return mix(batch, params.partner, ~pasted, share_outside(pasted))
