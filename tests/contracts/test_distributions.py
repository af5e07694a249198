"""Rates and independence of every registered augmentation's draws.

40,000 draws a method: a rate of ½ is known to 0.25 points, so that an error of one point shows at
four standard errors; a correlation is known to 0.005.
"""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch

from augury.augment import AUGMENTATIONS, build_augmentation
from augury.batch import Batch, to_uint8
from augury.rng import Draws

N, CHUNK = 40_000, 400
# `equalise` leaves an image of fewer than 255 pixels as it is.
SIDE, LARGE_SIDE = 8, 20
LIMIT = 4.5


def maps_of(seed, epoch):
    """Sources of maps that are functions of id, seed and epoch."""

    def source(kind):
        def maps(batch):
            rows, columns = batch.images.shape[-2:]
            found = Draws(9 + seed, epoch, batch.ids).uniform("maps", rows * columns)
            found = found.view(-1, rows, columns)
            return found[:, None] - 0.5 if kind == "signed-gradient" else found

        return maps

    return source


def make(name, seed=0, epoch=0, **parameters):
    return build_augmentation(name, {name: parameters}, maps_of(seed, epoch))


def drawn(name, seed=0, epoch=0):
    """name -> (N,) numbers: every scalar that the method draws for each sample."""
    augmentation = make(name, seed, epoch)
    parts = []
    for start in range(0, N, CHUNK):
        ids = torch.arange(start, start + CHUNK)
        images = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8).expand(CHUNK, -1, -1, -1)
        batch = Batch(images, torch.eye(2)[ids % 2], ids)
        parts.append(_scalars(augmentation.sample(batch, Draws(seed, epoch, ids))))
    return {field: torch.cat([part[field] for part in parts]).numpy() for field in parts[0]}


def _scalars(params):
    """The (B,) and (B, few) fields; not maps, masks or fillings, and not rows of the batch."""
    if not is_dataclass(params):
        return {}
    found = {}
    for field in fields(params):
        value = getattr(params, field.name)
        if not isinstance(value, torch.Tensor) or value.ndim > 2 or field.name == "partner":
            continue
        columns = value.double().view(len(value), -1)
        found |= {f"{field.name}{i}": column for i, column in enumerate(columns.T)}
    return found


NAMES = [name for name in AUGMENTATIONS if name != "none"]


@pytest.mark.parametrize("name", NAMES)
def test_draws_of_neighbours_epochs_and_seeds_are_independent(name):
    here = drawn(name)
    for field, values in here.items():
        if values.std() == 0:
            continue
        others = {
            "the next sample": (values[:-1], values[1:]),
            "the sample after a batch": (values[:-CHUNK], values[CHUNK:]),
            "the next epoch": (values, drawn(name, epoch=1)[field]),
            "the next seed": (values, drawn(name, seed=1)[field]),
        }
        for what, (one, other) in others.items():
            r = np.corrcoef(one, other)[0, 1]
            assert abs(r) < LIMIT / len(one) ** 0.5, f"{field} and that of {what}: r = {r:.4f}"


@pytest.fixture
def pictures(name, noise):
    """(N, 3, side, side) uint8: images of little contrast, which method `name` changes."""
    side = LARGE_SIDE if name == "equalise" else SIDE
    return noise[:, :, :side, :side]


@pytest.fixture(scope="module")
def noise():
    shape = N, 3, LARGE_SIDE, LARGE_SIDE
    return np.random.default_rng(0).integers(40, 200, shape, dtype=np.uint8)


def share_changed(augmentation, pictures):
    """Of the pictures, each of another class than its neighbours."""
    changed = 0
    for start in range(0, N, CHUNK):
        ids = torch.arange(start, start + CHUNK)
        images = torch.from_numpy(pictures[start : start + CHUNK])
        batch = Batch(images, torch.eye(2)[ids % 2], ids)
        found = augmentation(batch, Draws(0, 0, ids)).images
        changed += int((to_uint8(found) != images).flatten(1).any(1).sum())
    return changed / N


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(make(name), "p")])
def test_an_image_is_augmented_with_probability_p(name, pictures):
    """By the pixels: of the images that p = 1 changes, p of them change, whatever p means inside.

    A probability applied twice would give p².
    """
    always = share_changed(make(name, p=1.0), pictures)
    assert always > 0.5
    p = make(name).p if 0 < make(name).p < 1 else 0.3
    expected = p * always
    error = (expected * (1 - expected) / N) ** 0.5
    assert abs(share_changed(make(name, p=p), pictures) - expected) < LIMIT * error


@pytest.mark.parametrize("name", [name for name in NAMES if hasattr(make(name), "p")])
def test_with_probability_0_nothing_changes(name, pictures):
    ids = torch.arange(CHUNK)
    batch = Batch(torch.from_numpy(pictures[:CHUNK]), torch.eye(2)[ids % 2], ids)
    found = make(name, p=0.0)(batch, Draws(0, 0, ids))
    assert torch.equal(to_uint8(found.images), batch.images)
    assert torch.equal(found.targets, batch.targets)
