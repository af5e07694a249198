"""The input gradient of a network (Simonyan et al., "Deep inside convolutional networks", 2014)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.names import check_name
from augury.saliency.scale import by_peak, min_max

SCORES = ("largest", "label", "loss")


class InputGradient:
    """batch -> (B, C, H, W) float32: d(score)/d(normalized image), signed.

    model: normalized images -> logits (B, K); normalize: images in [0, 1] -> normalized images.
    of: "largest", the largest logit; "label", the logits weighted by the targets, Σ t_k z_k;
        "loss", the cross-entropy with the (soft) targets. Each image has its own score, so its
        gradient does not depend on the other images of the batch.

    If the network has three channels, a gray image counts as three equal channels (`normalize` then
    returns three), and its derivative is the sum of their derivatives. The network runs in
    evaluation mode; its mode, BatchNorm statistics and `.grad` fields, the random state and the
    batch are the same afterwards, also if the network works in place. Raises InputError if targets
    and logits differ in K.
    """

    def __init__(
        self, model: nn.Module, normalize: Callable[[Tensor], Tensor], of: str = "largest"
    ) -> None:
        check_name(of, SCORES, "score")
        self.model, self.normalize, self.of = model, normalize, of

    def __call__(self, batch: Batch) -> Tensor:
        with evaluating(self.model), torch.enable_grad():
            pixels = self.normalize(to_float(batch.images)).detach().requires_grad_()
            # A copy, because a network that works in place must not overwrite a leaf.
            scores = class_scores(self.model(pixels.clone()), batch.targets, self.of)
            # Only the gradient of the input is computed, none of the weights.
            (gradient,) = torch.autograd.grad(scores.sum(), pixels)
        gradient = gradient.float()
        return gradient.sum(dim=1, keepdim=True) if batch.images.shape[1] == 1 else gradient


def class_scores(logits: Tensor, targets: Tensor, of: str) -> Tensor:
    """(B,) float32: the score `of` (one of SCORES) for each row of logits (B, K)."""
    logits = logits.float()
    if of == "largest":
        return logits.amax(dim=1)
    if targets.shape != logits.shape:
        raise InputError(
            f"targets: K is {targets.shape[1]}, the network has {logits.shape[1]} classes"
        )
    targets = targets.to(logits.dtype)
    if of == "label":
        return (targets * logits).sum(dim=1)
    return F.cross_entropy(logits, targets, reduction="none")


def gray_map(gradient: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W): the sum over channels, min-max scaled to [0, 1] per image.

    The original study's map. A constant gradient gives a map of zeros.
    """
    return min_max(gradient.sum(dim=1))


def absolute_map(gradient: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W): mean_c |g|, divided by its largest value per image.

    Simonyan et al. take the largest channel; the mean loses less of a gradient in several channels.
    """
    return by_peak(gradient.abs().mean(dim=1))


def squared_map(gradient: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W): sqrt(mean_c g²), divided by its largest value per image.

    Puzzle Mix's map (Kim et al. 2020), with another scale.
    """
    return by_peak(gradient.square().mean(dim=1).sqrt())


class GradientMap:
    """batch -> (B, H, W) in [0, 1]: a signed gradient (B, C, H, W), reduced over its channels."""

    def __init__(
        self,
        gradient: Callable[[Batch], Tensor],
        reduce: Callable[[Tensor], Tensor] = gray_map,
    ) -> None:
        self.gradient, self.reduce = gradient, reduce

    def __call__(self, batch: Batch) -> Tensor:
        return self.reduce(self.gradient(batch))


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block; afterwards each module has its former mode."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
