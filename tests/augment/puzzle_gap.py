"""How far from the lowest energy masks are; of noise and of photographs."""

from functools import lru_cache

import numpy as np
import torch
from puzzle_reference import lowest_by_cut, tables
from scipy import ndimage
from sklearn.datasets import load_sample_images

from augury.augment.saliency.importance import whole_units
from augury.augment.saliency.puzzle_cells import finer
from augury.augment.saliency.puzzle_energy import cell_saliency, mask_energy, patch_colors
from augury.augment.saliency.puzzle_solver import minimize


@lru_cache
def photographs(n):
    """(n, 3, 32, 32) float64 crops of two photographs, and how much each pixel's color changes."""
    generator = np.random.default_rng(0)
    images, maps = [], []
    for photograph in load_sample_images().images:
        small = photograph[: 420 // 4 * 4, : 640 // 4 * 4].reshape(105, 4, 160, 4, 3)
        image = small.mean((1, 3)).transpose(2, 0, 1) / 255
        change = sum(ndimage.sobel(image, axis) ** 2 for axis in (1, 2)).mean(0) ** 0.5
        for _ in range(n // 2):
            top, left = generator.integers(105 - 32), generator.integers(160 - 32)
            images.append(image[:, top : top + 32, left : left + 32])
            maps.append(change[top : top + 32, left : left + 32])
    return np.array(images), np.array(maps)


def noise(n):
    generator = np.random.default_rng(1)
    return generator.random((n, 3, 32, 32)), generator.exponential(size=(n, 32, 32)) ** 2


def energies(images, maps, partner, lam, side, beta=1.2, gamma=0.5, eta=0.2):
    """What the code under test makes of NumPy arrays."""
    size = images.shape[2:]
    cells = min(side, size[0]), min(side, size[1])
    return mask_energy(
        cell_saliency(whole_units(torch.from_numpy(maps)), cells),
        patch_colors(torch.from_numpy(images), finer(cells, size, 4, max(size))),
        torch.from_numpy(partner),
        torch.from_numpy(lam),
        beta,
        gamma,
        eta,
    )


def gaps(images, maps, side, seed):
    """How far above the lowest energy each mask is, as a share of it."""
    generator = np.random.default_rng(seed)
    n = len(images)
    partner, lam = np.roll(np.arange(n), 1), generator.random(n)
    found = energies(images, maps, partner, lam, side)
    levels = minimize(found.first, found.second, found.weight).int().numpy()
    result = []
    for i in range(n):
        pair = [i, partner[i]]
        one = tables(images[pair], maps[pair], lam[i], side)
        lowest = one.energy(lowest_by_cut(one))
        result.append((one.energy(levels[..., i]) - lowest) / lowest)
    return np.array(result)
