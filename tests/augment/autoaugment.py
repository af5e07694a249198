"""PIL and NumPy as a reference for AutoAugment's operations, one image at a time.

An image goes through its layers as in PIL, but that neighboring layers that move pixels share one
bilinear resampling, computed here in float64 and pixel by pixel, from the last layer to the first.
"""

import numpy as np
from PIL import ImageEnhance, ImageOps
from pillow import from_pillow, to_pillow

from augury.augment.policies.operations import OPERATIONS, Layers

MOVES = ("shear-x", "shear-y", "translate-x", "translate-y", "rotate")
ENHANCERS = {
    "brightness": ImageEnhance.Brightness,
    "saturation": ImageEnhance.Color,
    "contrast": ImageEnhance.Contrast,
    "sharpness": ImageEnhance.Sharpness,
}
TORCHVISION = {
    "identity": "Identity",
    "shear-x": "ShearX",
    "shear-y": "ShearY",
    "translate-x": "TranslateX",
    "translate-y": "TranslateY",
    "rotate": "Rotate",
    "brightness": "Brightness",
    "saturation": "Color",
    "contrast": "Contrast",
    "sharpness": "Sharpness",
    "posterize": "Posterize",
    "solarize": "Solarize",
    "autocontrast": "AutoContrast",
    "equalize": "Equalize",
    "invert": "Invert",
}


def steps_of(layers: Layers, i):
    """[(name, magnitude)] of one image."""
    names = [OPERATIONS[k] for k in layers.operation[i]]
    return list(zip(names, layers.magnitude[i].tolist(), strict=True))


def layered(image, steps):
    """(C, H, W) uint8 after `steps`, a list of (name, magnitude)."""
    run = []
    for name, magnitude in [*steps, ("identity", 0.0)]:
        if name in MOVES:
            run.append((name, magnitude))
            continue
        if run:
            image, run = np.floor(moved(image, run) + 0.5).astype(np.uint8), []
        image = recolored(image, name, magnitude)
    return image


def recolored(image, name, magnitude):
    picture = to_pillow(image)
    if name in ENHANCERS:
        # The factor as float32, in which PIL computes.
        factor = float(np.float32(1) + np.float32(magnitude))
        picture = ENHANCERS[name](picture).enhance(factor)
    elif name == "posterize":
        picture = ImageOps.posterize(picture, int(magnitude))
    elif name == "solarize":
        picture = ImageOps.solarize(picture, magnitude)
    elif name == "autocontrast":
        picture = ImageOps.autocontrast(picture)
    elif name == "equalize":
        picture = ImageOps.equalize(picture)
    elif name == "invert":
        picture = ImageOps.invert(picture)
    elif name == "solarize-add":
        raised = np.minimum(image.astype(int) + int(magnitude), 255)
        return np.where(image < 128, raised, image).astype(np.uint8)
    else:
        assert name == "identity"
    return from_pillow(picture)


def moved(image, run):
    """(C, H, W) float64, not rounded: the moves of `run` in one resampling, black beyond."""
    _, height, width = image.shape
    found = np.zeros(image.shape)
    for row in range(height):
        for column in range(width):
            y, x, cover = float(row), float(column), 1.0
            for name, magnitude in reversed(run):
                y, x = read_from(name, magnitude, y, x, height, width)
                y, seen_y = inside(y, height)
                x, seen_x = inside(x, width)
                cover *= seen_y * seen_x
            found[:, row, column] = cover * bilinear(image, y, x)
    return found


def read_from(name, magnitude, y, x, height, width):
    """The point that pixel (y, x) reads, as PIL's affine transform has it: corner at (0, 0)."""
    if name == "shear-x":
        return y, x + magnitude * (y + 0.5)
    if name == "shear-y":
        return y + magnitude * (x + 0.5), x
    if name == "translate-x":
        return y, x - magnitude
    if name == "translate-y":
        return y - magnitude, x
    quarters = magnitude / 90
    turn = np.exp(1j * np.deg2rad(magnitude)) if quarters % 1 else 1j ** int(quarters)
    # Counterclockwise where y points down: what lies at angle φ is read at φ - angle.
    point = complex(x - (width - 1) / 2, -(y - (height - 1) / 2)) * turn.conjugate()
    return (height - 1) / 2 - point.imag, point.real + (width - 1) / 2


def inside(where, side):
    """The nearest point of the image, and how much of it is seen, not the black beyond."""
    nearest = min(max(where, 0.0), side - 1.0)
    return nearest, max(0.0, 1 - abs(where - nearest))


def bilinear(image, y, x):
    top, left = int(y), int(x)
    total = 0.0
    for row, by_row in ((top, 1 - (y - top)), (top + 1, y - top)):
        for column, by_column in ((left, 1 - (x - left)), (left + 1, x - left)):
            if by_row * by_column:
                total = total + by_row * by_column * image[:, row, column].astype(np.float64)
    return total
