"""The loops that turn finished images into normalized values."""

import numpy as np

from augury.kernels.processor.compiled import loop, part


@part
def normalize(image, white, mean, std, out):
    """(image / white - mean) / std; flat (C, H, W), uint8 or float32 -> float32."""
    plane = len(image) // len(mean)
    for c in range(len(mean)):
        its_mean, its_std = mean[c], std[c]
        given, found = image[c * plane : (c + 1) * plane], out[c * plane : (c + 1) * plane]
        for i in range(len(given)):
            found[i] = (np.float32(given[i]) / white - its_mean) / its_std


@loop
def normalize_images(images, mean, std, out):
    """(B, C·H·W) float32 in [0, 1] -> float32."""
    for b in range(len(images)):
        normalize(images[b], np.float32(1), mean, std, out[b])


@loop
def show_levels(images, tables, out):
    """(B, C·H·W) uint8 -> float32, by the (C, 256) `tables`: quicker than two divisions."""
    plane = images.shape[1] // len(tables)
    for b in range(len(images)):
        for c in range(len(tables)):
            table = tables[c]
            given = images[b, c * plane : (c + 1) * plane]
            found = out[b, c * plane : (c + 1) * plane]
            for i in range(len(given)):
                found[i] = table[given[i]]
