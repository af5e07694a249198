"""Less contrast."""

from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# What is left of the contrast; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = (0.75, 0.5, 0.4, 0.3, 0.15)
_IMAGENET = (0.4, 0.3, 0.2, 0.1, 0.05)


def contrast(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Bring each channel of each image nearer to its own mean; draws: not used.

    x <- (x - mean) · c + mean.
    """
    share = constant(_CIFAR, _IMAGENET, images, severity)
    # Summed as integers, which no order of summation changes.
    mean = images.sum((2, 3), keepdim=True).double() / images[0, 0].numel()
    return cut((images - mean) * share + mean)
