"""Whether exported code changes one picture as ours does: as much, and as often."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.stats import ks_2samp
from torch import Tensor

from augury import Batch, Draws
from augury.augment.base import Augmentation
from augury.batch import to_float

SIZE, N = 32, 500


def picture() -> Tensor:
    """(3, SIZE, SIZE) uint8 without hard edges, in a black frame: all borders are alike."""
    generator = torch.Generator().manual_seed(2)
    coarse = torch.rand(1, 3, 5, 5, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=SIZE - 4, mode="bilinear")
    framed = torch.nn.functional.pad(fine, (2, 2, 2, 2))[0]
    return (255 * framed).round().to(torch.uint8)


def theirs(transform: Callable[[Any], Tensor], image: Any) -> Tensor:
    """N results for `image`, (N, 3, H, W) in [0, 1]."""
    torch.manual_seed(0)
    return torch.stack([transform(image) for _ in range(N)])


def ours(augmentation: Augmentation[Any]) -> Tensor:
    """N results for the picture, (N, 3, H, W) in [0, 1]."""
    batch = Batch(picture().expand(N, -1, -1, -1), torch.ones(N, 1), torch.arange(N))
    return to_float(augmentation(batch, Draws(0, 0, batch.ids)).images)


def assert_alike(found: Tensor, expected: Tensor) -> None:
    """Both, (N, 3, H, W), are drawn from one distribution, by what can be told of an image."""
    half = found.shape[3] // 2
    told: list[Callable[[Tensor], Tensor]] = [
        lambda images: images.mean((1, 2, 3)),
        lambda images: images.std((2, 3)).mean(1),
        lambda images: (images[..., half:] - images[..., :half]).mean((1, 2, 3)),
        lambda images: (images[..., half:, :] - images[..., :half, :]).mean((1, 2, 3)),
        lambda images: (images[:, :1] - images[:, 2:]).abs().mean((1, 2, 3)),
    ]
    if found.shape[2:] == (SIZE, SIZE):
        told.append(lambda images: (images - to_float(picture())).abs().mean((1, 2, 3)))
    for each in told:
        # Rounded, as some operations change all images by the same, to a level.
        pair = [each(images).numpy().round(2) for images in (found, expected)]
        assert ks_2samp(*pair, method="asymp").pvalue > 1e-4


def assert_same_shares(found: np.ndarray, expected: np.ndarray) -> None:
    """Images have as large a share in their own mixtures."""
    pair = [each.round(2) for each in (found, expected)]
    assert ks_2samp(*pair, method="asymp").pvalue > 1e-4
