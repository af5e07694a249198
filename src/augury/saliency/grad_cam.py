"""Grad-CAM (Selvaraju et al., ICCV 2017), and the mean activation of the same feature maps."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from augury.batch import Batch, to_float
from augury.names import check_name
from augury.saliency.features import maps_and_logits
from augury.saliency.gradient import SCORES, class_scores, evaluating
from augury.saliency.scale import enlarged, min_max


class GradCam:
    """batch -> (B, H, W) in [0, 1]: ReLU(Σ_f α_f A_f), α_f the mean of d(score)/d(A_f) over places.

    A: the last feature maps before they are pooled (see `maps_and_logits`). of: the score, as in
    `InputGradient`; the paper asks for a given class, the default is the largest logit.
    The map is enlarged to the image's size, bilinear, and then min-max scaled per image; the paper
    does not say how. It is all 0 if the feature maps are 1×1, or if the sum is nowhere above 0.
    Only the head is differentiated, so it costs little more than a forward pass. The network is
    left unchanged, as by `InputGradient`.
    """

    def __init__(
        self, model: nn.Module, normalize: Callable[[Tensor], Tensor], of: str = "largest"
    ) -> None:
        check_name(of, SCORES, "score")
        self.model, self.normalize, self.of = model, normalize, of

    def __call__(self, batch: Batch) -> Tensor:
        with evaluating(self.model), torch.enable_grad():
            pixels = self.normalize(to_float(batch.images)).detach()
            maps, logits = maps_and_logits(self.model, pixels)
            scores = class_scores(logits, batch.targets, self.of)
            (gradient,) = torch.autograd.grad(scores.sum(), maps)
        weights = gradient.float().mean((2, 3), keepdim=True)
        seen = (weights * maps.detach().float()).sum(1).relu()
        return min_max(enlarged(seen, _size(batch)))


class Activation:
    """batch -> (B, H, W) in [0, 1]: the mean of the last feature maps over their channels.

    Enlarged and scaled as in `GradCam`. Attentive CutMix (Walawalkar et al. 2020) chooses its
    cells by the activation of the last feature maps; it does not say how channels become one.
    """

    def __init__(self, model: nn.Module, normalize: Callable[[Tensor], Tensor]) -> None:
        self.model, self.normalize = model, normalize

    def __call__(self, batch: Batch) -> Tensor:
        with evaluating(self.model), torch.no_grad():
            pixels = self.normalize(to_float(batch.images))
            maps, _ = maps_and_logits(self.model, pixels)
        return min_max(enlarged(maps.detach().float().mean(1), _size(batch)))


def _size(batch: Batch) -> tuple[int, int]:
    height, width = batch.images.shape[-2:]
    return height, width
