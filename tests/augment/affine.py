"""SciPy as a reference for geometry, one image at a time."""

import numpy as np
from scipy import ndimage

MODES = {"nearest": "nearest", "black": "grid-constant"}


def read_affine(image, matrix, shift=(0.0, 0.0), border="nearest"):
    """(C, H, W) float64 read at c + matrix · (o - c) + shift for output pixel o, bilinear.

    matrix and shift: in (row, column) order; c is the centre.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    centre = (np.array(image.shape[1:]) - 1) / 2
    offset = centre - matrix @ centre + np.asarray(shift)
    return np.stack(
        [
            ndimage.affine_transform(channel, matrix, offset, order=1, mode=MODES[border])
            for channel in np.asarray(image, dtype=np.float64)
        ]
    )
