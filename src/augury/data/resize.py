"""Resizing of images in arrays."""

import numpy as np
import numpy.typing as npt
from PIL import Image


def resize_images(images: npt.NDArray[np.uint8], size: int) -> npt.NDArray[np.uint8]:
    """Square images (N, C, H, H) uint8, resized to (N, C, size, size).

    Bilinear, with antialiasing if they shrink; by Pillow's integer arithmetic, so that the pixels
    are the same on every machine.
    """
    if images.shape[2:] == (size, size):
        return images
    resized = np.empty((*images.shape[:2], size, size), dtype=np.uint8)
    for planes, result in zip(images, resized, strict=True):
        for plane, target in zip(planes, result, strict=True):
            image = Image.fromarray(np.ascontiguousarray(plane))
            target[:] = image.resize((size, size), Image.Resampling.BILINEAR)
    return resized
