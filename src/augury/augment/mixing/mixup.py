"""Mixup (Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018)."""

from dataclasses import dataclass
from typing import Self

from torch import Tensor

from augury.augment.base import Augmentation, check_positive, check_probability
from augury.augment.mixing.partners import draw_partners, mix
from augury.augment.shared.beta import beta
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.rng import Draws


@dataclass(frozen=True)
class MixUpParams:
    """partner: (B,) int64, rows of the batch; share: (B,) float32, the image's λ in [0, 1]."""

    partner: Tensor
    share: Tensor


class MixUp(Augmentation[MixUpParams]):
    """Blend each image and its target with those of another: `λ · own + (1 - λ) · partner`.

    alpha: λ ~ Beta(alpha, alpha); the default 1 is the paper's for CIFAR-10 and uniform; for
        ImageNet it recommends 0.1 to 0.4.
    p: probability that an image is blended; the paper blends every one.

    Deviations from the authors' code: λ is drawn per image (theirs: one per batch), and no image is
    its own partner. Returns float32.
    """

    mixes = True

    def __init__(self, alpha: float = 1.0, p: float = 1.0) -> None:
        check_positive("alpha", alpha)
        check_probability("p", p)
        self.alpha, self.p = alpha, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> MixUpParams:
        u = draws.uniform("mixup", 2)
        share = beta(u[:, 1], self.alpha).masked_fill(u[:, 0] >= self.p, 1)
        return MixUpParams(partner=draw_partners(draws, "mixup"), share=share)

    def apply(self, batch: Batch, params: MixUpParams) -> Batch:
        mask = params.share[:, None, None].expand(-1, *batch.images.shape[-2:])
        return mix(batch, params.partner, mask, params.share)
