"""The input gradient of a network (Simonyan et al., "Deep inside convolutional networks", 2014)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from augury.batch import Batch, to_float


class InputGradient:
    """batch -> (B, C, H, W) float32: d(largest class score)/d(normalised image), signed.

    model: normalised images -> logits (B, K); normalize: images in [0, 1] -> normalised images.

    The score is the logit. The network is in evaluation mode meanwhile; its mode, its BatchNorm
    statistics, its `.grad` fields and the random state are as before afterwards.
    """

    def __init__(self, model: nn.Module, normalize: Callable[[Tensor], Tensor]) -> None:
        self.model, self.normalize = model, normalize

    def __call__(self, batch: Batch) -> Tensor:
        with evaluating(self.model), torch.enable_grad():
            pixels = self.normalize(to_float(batch.images)).detach().requires_grad_()
            largest = self.model(pixels).float().amax(dim=1)
            # Only the input is asked for, so that no weight's gradient is computed or stored.
            (gradient,) = torch.autograd.grad(largest.sum(), pixels)
        return gradient.float()


class GradientMap:
    """batch -> (B, H, W) in [0, 1]: the input gradient as the original study's grey map."""

    def __init__(self, gradient: Callable[[Batch], Tensor]) -> None:
        self.gradient = gradient

    def __call__(self, batch: Batch) -> Tensor:
        return grey_map(self.gradient(batch))


def grey_map(gradient: Tensor) -> Tensor:
    """(B, C, H, W) -> (B, H, W): the sum over channels, min-max scaled to [0, 1] per image.

    A constant gradient gives a map of zeros.
    """
    total = gradient.sum(dim=1)
    low = total.amin(dim=(1, 2), keepdim=True)
    span = total.amax(dim=(1, 2), keepdim=True) - low
    return (total - low) / span.masked_fill(span == 0, 1)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Evaluation mode within the block; afterwards each module has the mode it had."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
