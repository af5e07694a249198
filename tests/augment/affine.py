"""SciPy as a reference for geometry, one image at a time."""

import numpy as np
import torch
from hypothesis import strategies as st
from scipy import ndimage, stats

from helpers.batches import make_batch
from helpers.sampling import is_rate, sample_many

MODES = {"nearest": "nearest", "black": "grid-constant"}


def read_affine(image, matrix, shift=(0.0, 0.0), border="nearest"):
    """(C, H, W) float64 read at c + matrix · (o - c) + shift for output pixel o, bilinear.

    matrix and shift: in (row, column) order; c is the center.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    center = (np.array(image.shape[1:]) - 1) / 2
    offset = center - matrix @ center + np.asarray(shift)
    return np.stack(
        [
            ndimage.affine_transform(channel, matrix, offset, order=1, mode=MODES[border])
            for channel in np.asarray(image, dtype=np.float64)
        ]
    )


@st.composite
def random_image(draw):
    """(C, H, W) float32 noise in [0, 1), from 2×2 to 40×40."""
    shape = draw(st.sampled_from([1, 3])), draw(st.integers(2, 40)), draw(st.integers(2, 40))
    return np.random.default_rng(draw(st.integers(0, 1000))).random(shape).astype(np.float32)


def applied(augmentation, params, image):
    """One (C, H, W) image after the augmentation."""
    return augmentation.apply(make_batch(torch.from_numpy(image)[None]), params).images[0].numpy()


def check_pair(augmentation, names, ends, p):
    """Both params are drawn for the same images, a share p of all; uniform and independent.

    ends: how far each reaches to either side of 0.
    """
    params = sample_many(augmentation)
    one, other = (getattr(params, name) for name in names)
    moved = one != 0
    assert is_rate(moved, p)
    assert torch.equal(other != 0, moved)
    pair = [values[moved].numpy() for values in (one, other)]
    for values, end in zip(pair, ends, strict=True):
        assert stats.kstest(values, stats.uniform(-end, 2 * end).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(pair)[0, 1]) < 4.5 / len(pair[0]) ** 0.5
