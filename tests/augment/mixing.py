"""What the tests of methods that mix images share."""

import numpy as np
import torch
from batches import sample_many

from augury.batch import Batch


def random_batch(seed, n, shape, dtype=torch.uint8):
    """Noise with soft targets of four classes."""
    generator = np.random.default_rng(seed)
    images = torch.from_numpy(generator.integers(0, 256, (n, *shape), dtype=np.uint8))
    images = images if dtype == torch.uint8 else images.to(dtype) / 255
    targets = torch.from_numpy(generator.dirichlet(np.ones(4), n)).float()
    return Batch(images, targets, torch.arange(n) * 3)


def random_partners(seed, n):
    """(n,) int64: any row, also the own one."""
    return torch.from_numpy(np.random.default_rng(seed).integers(0, n, n))


def sampled_boxes(augmentation, height, width):
    """Top, left, height and width of 60,000 draws."""
    params = sample_many(augmentation, (height, width))
    return [getattr(params, name).numpy() for name in ("top", "left", "height", "width")]
