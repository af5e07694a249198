"""Batches and steps with every kind of value, drawn from one seed."""

import torch

from augury.kernels.steps import OPERATIONS, Affine, Layers, Scale
from augury.kernels.stream import Stream


def images(count, channels, height, width, dtype, seed=0):
    generator = torch.Generator().manual_seed(seed)
    levels = torch.randint(
        0, 256, (count, channels, height, width), generator=generator, dtype=torch.uint8
    )
    # A third of the images has little contrast, so that stretching it changes something.
    levels[::3] = levels[::3] // 8 + 100
    if dtype == torch.uint8:
        return levels
    return (levels / 255 * 0.9 + 0.1 * torch.rand(levels.shape, generator=generator)).to(dtype)


def scale(channels):
    return Scale(torch.linspace(0.1, 0.6, channels), torch.linspace(0.2, 0.3, channels))


def affine(count, border="nearest", seed=1):
    generator = torch.Generator().manual_seed(seed)
    angle = torch.randn(count, generator=generator)
    zoom = 0.5 + torch.rand(count, generator=generator)
    shift = 2 * torch.randn(count, 2, generator=generator)
    rows = (
        torch.stack((angle.cos() * zoom, -angle.sin(), shift[:, 0]), 1),
        torch.stack((angle.sin(), angle.cos() * zoom, shift[:, 1]), 1),
    )
    return Affine(torch.stack(rows, 1), border)


def boxes(count, height, width, seed=2):
    """Top, left, height and width; they begin before the image and end beyond it."""
    generator = torch.Generator().manual_seed(seed)

    def numbers(low, high):
        return torch.randint(low, high, (count,), generator=generator)

    return numbers(-2, height), numbers(-2, width), numbers(0, height + 3), numbers(0, width + 3)


def stream(count):
    """Key, epoch and numbers over 2^31, where signed words would differ."""
    numbers = torch.tensor([0, 5, -7, 2**40 + 3, -(2**62), 2**31, 2**32 + 1])
    return Stream((0xFFFFFFF0, 123456789), 4_000_000_000, numbers.repeat(count)[:count])


def chosen(count):
    return torch.arange(count) % 3 != 1


def each_operation(count, layers, size, seed=3):
    """Layers whose first operations are all of OPERATIONS, with magnitudes as policies have."""
    generator = torch.Generator().manual_seed(seed)
    operation = torch.randint(0, len(OPERATIONS), (count, layers), generator=generator)
    operation[:, 0] = torch.arange(count) % len(OPERATIONS)
    u = torch.rand(count, layers, generator=generator)
    signed = u * torch.where(torch.rand(count, layers, generator=generator) < 0.5, -1, 1)
    reach = {"shear-x": 1, "shear-y": 1, "translate-x": size[1], "translate-y": size[0]}
    magnitude = 0.99 * signed
    for name, most in {**reach, "rotate": 135}.items():
        magnitude = torch.where(operation == OPERATIONS.index(name), most * signed, magnitude)
    for name, most in {"posterize": 8.5, "solarize": 256, "solarize-add": 128}.items():
        magnitude = torch.where(operation == OPERATIONS.index(name), most * u, magnitude)
    return Layers(operation, magnitude)
