"""Less contrast."""

from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# Share of the contrast that is left; make_cifar_c.py and make_imagenet_c.py.
_CIFAR = (0.75, 0.5, 0.4, 0.3, 0.15)
_IMAGENET = (0.4, 0.3, 0.2, 0.1, 0.05)


def contrast(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Move each channel of each image toward its mean; draws: not used.

    x <- (x - mean) · c + mean.
    """
    share = constant(_CIFAR, _IMAGENET, images, severity)
    # Summed as integers: the order of summation does not matter.
    mean = images.sum((2, 3), keepdim=True).double() / images[0, 0].numel()
    return cut((images - mean) * share + mean)
