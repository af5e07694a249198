"""Fog: adds a plasma fractal and lowers the contrast."""

from torch import Tensor

from augury.corruptions.base import constant, cut
from augury.rng import Draws

# (amount, decay of the fractal's roughness from one scale to the next); make_cifar_c.py and
# make_imagenet_c.py.
_CIFAR = ((0.2, 3.0), (0.5, 3.0), (0.75, 2.5), (1.0, 2.0), (1.5, 1.75))
_IMAGENET = ((1.5, 2.0), (2.0, 2.0), (2.5, 1.7), (2.5, 1.5), (3.0, 1.4))

_ROUGHNESS = 100.0  # at the coarsest scale


def fog(images: Tensor, draws: Draws, severity: int) -> Tensor:
    """Add fog to each image, a different one for each, the same in all channels.

    x <- (x + c · fractal) · m / (m + c), x and fractal in [0, 1], m the image's largest value. The
    fractal's side is the smallest power of two that is at least the image's side (as the authors'
    32 for 32 pixels, and 256 for 224); its upper left part is used.
    """
    amount, decay = constant(_CIFAR, _IMAGENET, images, severity)
    height, width = images.shape[2:]
    side = 1 << (max(height, width) - 1).bit_length()
    u = draws.uniform("corruption.fog", side * side - 1).double()
    fractal = plasma(2 * u - 1, decay)[:, None, :height, :width]
    largest = images.amax((1, 2, 3), keepdim=True).double() / 255
    return cut((images + 255 * amount * fractal) * largest / (largest + amount))


def plasma(noise: Tensor, decay: float) -> Tensor:
    """Plasma fractals (B, N, N) in [0, 1], float64, by the diamond-square algorithm on a torus.

    noise: (B, N² - 1) float64 in [-1, 1], N a power of two. Ordered from the coarsest scale to the
    finest, and in each scale: the middles of the squares, then of their horizontal, then of their
    vertical sides, row by row. The number added at a scale is uniform in ±roughness², because the
    published code multiplies by the roughness twice.
    """
    side = round((noise.shape[1] + 1) ** 0.5)
    heights = noise.new_zeros(len(noise), side, side)
    step, roughness, used = side, _ROUGHNESS, 0
    while step >= 2:
        half = step // 2
        corners, middles = heights[:, ::step, ::step], heights[:, half::step, half::step]
        count = corners[0].numel()
        wobble = noise[:, used : used + 3 * count].view(-1, 3, *corners.shape[1:])
        wobble = wobble * roughness**2
        below = corners + corners.roll(-1, 1)
        middles.copy_((below + below.roll(-1, 2)) / 4 + wobble[:, 0])
        across = middles + middles.roll(1, 1) + corners + corners.roll(-1, 2)
        down = middles + middles.roll(1, 2) + corners + corners.roll(-1, 1)
        heights[:, ::step, half::step] = across / 4 + wobble[:, 1]
        heights[:, half::step, ::step] = down / 4 + wobble[:, 2]
        step, roughness, used = half, roughness / decay, used + 3 * count
    heights -= heights.amin((1, 2), keepdim=True)
    return heights / heights.amax((1, 2), keepdim=True)
