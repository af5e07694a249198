"""FMix (Harris et al., "FMix: Enhancing Mixed Sample Data Augmentation", 2020)."""

import math
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor

from augury.augment.base import Augmentation, check_positive, check_probability
from augury.augment.mixing.partners import draw_partners, mix
from augury.augment.shared.beta import beta
from augury.augment.shared.boxes import share_outside
from augury.augment.shared.quantiles import middle
from augury.augment.strength import with_arguments
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws

# Of waves that go more often than this across a side there are none. With the default decay they
# would be 32,768 times lower than the longest.
_SHORTEST = 32

# Amplitudes and waves have 15 and 13 bits after the point. So all sums below are whole numbers
# under 2^53, which float64 holds exactly: in whatever order they are added, the result is the same,
# and so is the order of the pixels.
_AMPLITUDE, _WAVE = 2.0**15, 2.0**13


@dataclass(frozen=True)
class FMixParams:
    """partner: (B,) int64, rows of the batch; own: (B, H, W) bool, the pixels that stay."""

    partner: Tensor
    own: Tensor


class FMix(Augmentation[FMixParams]):
    """Show another image where smooth noise is low; targets by the pixels shown of each.

    alpha: λ ~ Beta(alpha, alpha) is the share of pixels that stay, rounded to whole pixels; the
        default 1, which is uniform, is the paper's.
    decay: δ, the noise's amplitude at frequency f is proportional to f^-δ; at least 1. The default
        3 is the paper's.
    p: probability that an image is mixed; 1 in the paper.

    The noise is a sum of waves whose real and imaginary parts are normal; the λ·H·W highest pixels
    are the image's own, and the target's λ is their exact share. Waves shorter than 1/32 of a side
    are left out: with the default decay they are over 32,768 times lower than the longest.
    Deviations from the authors' code: λ, noise and partner are drawn per image (theirs: one λ and
    one mask per batch), no image is its own partner, and the spectrum is that of the paper (theirs
    takes the real and the imaginary parts for something else; see the card).
    """

    mixes = True

    def __init__(self, alpha: float = 1.0, decay: float = 3.0, p: float = 1.0) -> None:
        check_positive("alpha", alpha)
        if not 1 <= decay < math.inf:
            raise InputError(f"decay: must be at least 1, got {decay}")
        check_probability("p", p)
        self.alpha, self.decay, self.p = alpha, decay, p

    def strengthened(self, strength: float) -> Self:
        return with_arguments(self, p=self.p * strength)

    def sample(self, batch: Batch, draws: Draws) -> FMixParams:
        height, width = batch.images.shape[-2:]
        u = draws.uniform("fmix", 2)
        share = beta(u[:, 1], self.alpha).double().masked_fill(u[:, 0] >= self.p, 1)
        rows, columns = (len(each) for each in frequencies((height, width), u.device))
        uniform = middle(draws.uniform("fmix noise", 2 * rows * columns))
        normal = torch.special.ndtri(uniform).view(-1, 2, rows, columns)
        noise = low_frequency_noise(normal, (height, width), self.decay)
        return FMixParams(
            partner=draw_partners(draws, "fmix"),
            own=highest(noise, (share * (height * width)).round().long()),
        )

    def apply(self, batch: Batch, params: FMixParams) -> Batch:
        return mix(batch, params.partner, params.own, share_outside(~params.own))


def frequencies(size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Periods in the height and in the width of the waves, whole numbers as float64.

    Those in the height are of both signs; those in the width are not, as the noise is real.
    """
    height, width = size
    down = range(-min(height // 2, _SHORTEST), min((height - 1) // 2, _SHORTEST) + 1)
    across = range(min(width // 2, _SHORTEST) + 1)
    return _numbers(down, device), _numbers(across, device)


def _numbers(values: range, device: torch.device) -> Tensor:
    return torch.arange(values.start, values.stop, dtype=torch.float64, device=device)


def low_frequency_noise(normal: Tensor, size: tuple[int, int], decay: float) -> Tensor:
    """(B, H, W) float64, whole numbers: the waves of `frequencies`, with amplitudes f^-decay.

    normal: (B, 2, rows, columns) float64, standard normal real and imaginary parts. The scale is
    arbitrary. Frequencies under one period in the longer side count as one period.
    """
    down, across = frequencies(size, normal.device)
    longer = max(size)
    periods = torch.hypot(down[:, None] * (longer / size[0]), across * (longer / size[1]))
    # A wave and its mirror image are one real wave, except those that are their own mirror image.
    alone = (across == 0) | (across * 2 == size[1])
    amplitude = periods.clamp(min=1) ** -decay * torch.where(alone, 1.0, 2.0)
    real, imaginary = (normal * (amplitude * _AMPLITUDE)).round().unbind(1)
    cos, sin = _waves(size[0], down)
    reals, imaginaries = cos @ real - sin @ imaginary, sin @ real + cos @ imaginary
    cos, sin = _waves(size[1], across)
    return reals @ cos.T - imaginaries @ sin.T


def _waves(side: int, periods: Tensor) -> tuple[Tensor, Tensor]:
    """(side, waves) each: cosine and sine, times 2^13 and rounded."""
    place = torch.arange(side, dtype=torch.float64, device=periods.device)
    angle = (2 * math.pi / side) * (place[:, None] * periods).remainder(side)
    return (angle.cos() * _WAVE).round(), (angle.sin() * _WAVE).round()


def highest(noise: Tensor, count: Tensor) -> Tensor:
    """(B, H, W) bool: the `count` (B,) highest pixels; of equal ones the first."""
    flat = noise.flatten(1)
    order = flat.argsort(dim=1, descending=True, stable=True)
    chosen = torch.arange(flat.shape[1], device=noise.device) < count[:, None]
    return torch.zeros_like(chosen).scatter(1, order, chosen).view_as(noise)
