"""The original study's salience, with exactly its formula."""

from dataclasses import dataclass

from torch import Tensor

from augury.augment.base import Augmentation, Source, check_positive, finite_or_zeros
from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.rng import Draws


@dataclass(frozen=True)
class SalienceRawParams:
    """gradient: (B, C, H, W) float, the score's gradient at the normalized image."""

    gradient: Tensor


class SalienceRaw(Augmentation[SalienceRawParams]):
    """Blend the input gradient of a network into each image: `mix · gradient + pixels / mix`.

    saliency: a callable, batch -> (B, C, H, W): d(largest class score)/d(normalized image). A
        gradient with NaN or infinite values is replaced by zeros.
    mix: the study's `mix_val`; its default is 2.

    The formula is the study's, on its scale of 0..255; the result is scaled to [0, 1] and clipped,
    which the study leaves out. Kept for comparison: the gradients are 0.01 to 1 in size and the
    halved pixels up to 127, so the result is little more than a darker image. Returns float32.
    """

    def __init__(self, saliency: Source, mix: float = 2.0) -> None:
        check_positive("mix", mix)
        self.saliency, self.mix = saliency, mix

    def sample(self, batch: Batch, draws: Draws) -> SalienceRawParams:
        gradient = self.saliency(batch).float()
        if gradient.shape != batch.images.shape:
            raise InputError(
                f"saliency: shape must be (B, C, H, W) = {tuple(batch.images.shape)}, "
                f"got {tuple(gradient.shape)}"
            )
        return SalienceRawParams(finite_or_zeros(gradient))

    def streams(self, scope: str) -> set[tuple[type, str]]:
        return super().streams(scope) - {(SalienceRaw, scope)}  # it draws nothing

    def apply(self, batch: Batch, params: SalienceRawParams) -> Batch:
        pixels = to_float(batch.images) * 255
        blended = self.mix * params.gradient + pixels / self.mix
        return batch.with_images((blended / 255).clamp(0, 1))
