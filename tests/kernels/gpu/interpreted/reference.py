"""What the steps of `augury.kernels.steps` mean, in the operations of the plain path."""

import torch

from augury.augment.color.blur import _filter
from augury.augment.color.brightness import adjust_brightness
from augury.augment.color.contrast import adjust_contrast
from augury.augment.color.enhance import luma
from augury.augment.color.hue import adjust_hue
from augury.augment.color.saturation import adjust_saturation
from augury.augment.color.sharpness import adjust_sharpness
from augury.augment.geometry.crop import CropParams, _window
from augury.augment.geometry.flip import FlipParams, mirror
from augury.augment.geometry.resampling import affine, bounded, pixel_centers, read
from augury.augment.policies.augmix import AugMixParams, _blend
from augury.augment.policies.operations import Layers as PolicyLayers
from augury.augment.policies.operations import apply_layers
from augury.augment.shared.boxes import rectangle_mask
from augury.batch import Batch, to_float
from augury.kernels.steps import Blur, Fill, Layers, Mixture, Recolor, Resample, Window
from augury.kernels.stream import Stream


def expected(images, steps, scale=None):
    for step in steps:
        images = _DONE[type(step)](images, step)
    if scale is None:
        return images
    mean, std = scale.mean.view(-1, 1, 1), scale.std.view(-1, 1, 1)
    return (to_float(images) - mean) / std


def _resampled(images, step):
    size = tuple(images.shape[-2:])
    points = pixel_centers(images)
    for i in reversed(range(len(step.parts))):
        points = affine(points, step.parts[i].matrix)
        if i or step.parts[i].border == "black":
            points = bounded(points, size, step.parts[i].border)
    floats = to_float(images)
    found = read(floats, points)
    if step.left_alone is not None:
        found = torch.where(step.left_alone[:, None, None, None], floats, found)
    return found.clamp(0, 1)


def _windowed(images, step):
    mirrored = mirror(images, FlipParams(horizontal=step.mirror_x, vertical=step.mirror_y))
    return _window(mirrored, CropParams(down=step.down, right=step.right))


def _filled(images, step):
    inside = rectangle_mask(step.top, step.left, step.height, step.width, images.shape[-2:])
    if step.chosen is not None:
        inside = inside & step.chosen[:, None, None]
    value = step.value
    if isinstance(value, Stream):
        value = value.bytes(images.shape[1:].numel()).view_as(images)
    elif isinstance(value, int):
        value = torch.full(images.shape, value, dtype=torch.uint8)
    if images.is_floating_point():
        value = value.to(images.dtype) / 255
    return torch.where(inside[:, None], value, images)


def _layered(images, step):
    batch = Batch(images, torch.ones(len(images), 1), torch.arange(len(images)))
    found = apply_layers(batch, PolicyLayers(step.operation, step.magnitude)).images
    if step.chosen is None:
        return found
    return torch.where(step.chosen[:, None, None, None], found, images)


def _mixed(images, step):
    versions = [images, *(_layered(images, layers) for layers in step.chains)]
    params = AugMixParams(None, None, step.weights, step.m)
    return _blend(versions, params).clamp_(0, 1)


def _grayscale(images, amount):
    return torch.where(amount[:, None, None, None] > 0, luma(images).clamp(0, 1), images)


def _recolored(images, step):
    return _COLORS[step.kind](to_float(images), step.amount)


def _blurred(images, step):
    images = to_float(images)
    weights = [weight[:, None, None, None] for weight in step.weights.unbind(1)]
    for dim in (2, 3):
        images = _filter(images, weights, dim)
    return images.clamp(0, 1)


_COLORS = {
    "brightness": adjust_brightness,
    "contrast": adjust_contrast,
    "saturation": adjust_saturation,
    "sharpness": adjust_sharpness,
    "hue": adjust_hue,
    "grayscale": _grayscale,
}

_DONE = {
    Recolor: _recolored,
    Blur: _blurred,
    Resample: _resampled,
    Window: _windowed,
    Fill: _filled,
    Layers: _layered,
    Mixture: _mixed,
}
