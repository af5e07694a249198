"""Rates and independence of every registered augmentation's draws.

40,000 draws a method: a rate of ½ is known to 0.25 points, so that an error of one point shows at
four standard errors; a correlation is known to 0.005.
"""

from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch

from augury.augment import (
    AUGMENTATIONS,
    Chain,
    Flip,
    Identity,
    KeepAugment,
    OneOf,
    build_augmentation,
)
from augury.augment.foreign.adapt import Foreign
from augury.batch import to_uint8
from augury.rng import Draws
from helpers.batches import make_batch

N, CHUNK = 40_000, 1_000
# `equalize` leaves an image of fewer than 255 pixels as it is.
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
    # Nothing that puzzlemix draws depends on the size, and its masks of larger images take long.
    side = 1 if name == "puzzlemix" else SIDE
    parts = []
    for start in range(0, N, CHUNK):
        ids = torch.arange(start, start + CHUNK)
        images = torch.zeros(1, 1, side, side, dtype=torch.uint8).expand(CHUNK, -1, -1, -1)
        batch = make_batch(images, torch.eye(2)[ids % 2], ids)
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
def test_draws_of_neighbors_epochs_and_seeds_are_independent(name):
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
    side = LARGE_SIDE if name == "equalize" else SIDE
    return noise[:, :, :side, :side]


@pytest.fixture(scope="module")
def noise():
    shape = N, 3, LARGE_SIDE, LARGE_SIDE
    return np.random.default_rng(0).integers(40, 200, shape, dtype=np.uint8)


def share_changed(augmentation, pictures):
    """Of the pictures, each of another class than its neighbors."""
    changed = 0
    for start in range(0, N, CHUNK):
        ids = torch.arange(start, start + CHUNK)
        images = torch.from_numpy(pictures[start : start + CHUNK])
        batch = make_batch(images, torch.eye(2)[ids % 2], ids)
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
    batch = make_batch(torch.from_numpy(pictures[:CHUNK]), torch.eye(2)[ids % 2], ids)
    found = make(name, p=0.0)(batch, Draws(0, 0, ids))
    assert torch.equal(to_uint8(found.images), batch.images)
    assert torch.equal(found.targets, batch.targets)


# Compositions, written down: a number is a flip with that probability, None nothing, "foreign" a
# transform of somebody's; ("chain", ...), ("one-of", ...) and ("keep", ...) hold others.
NESTINGS = [
    ("chain", 0.5, ("chain", 0.5)),
    ("chain", 0.5, ("one-of", 0.5, None)),
    ("chain", ("one-of", 0.5, None), ("chain", ("one-of", 0.5, None))),
    ("chain", ("chain", 0.5, 0.3), ("chain", 0.5, 0.3)),
    ("one-of", ("one-of", 0.5, None), None),
    ("one-of", 0.5, ("chain", 0.5, 0.3), ("chain", ("one-of", None, 0.5), 0.5)),
    ("chain", "foreign", ("chain", "foreign"), "foreign"),
    ("chain", ("keep", 0.5), ("chain", ("keep", 0.5), 0.5)),
    ("keep", 0.5, ("keep", 0.5), ("chain", ("keep", 0.5))),
]


def nesting(seed):
    """A composition drawn at random, of up to some ten parts, four deep."""
    generator = np.random.default_rng(seed)

    def grow(depth):
        kind = generator.choice(["flip", "none", "foreign", "chain", "one-of", "keep"])
        if depth == 0 or (depth < 3 and kind in ("flip", "none", "foreign")):
            leaves = {"none": None, "foreign": "foreign"}
            return leaves.get(kind, float(generator.choice([0.3, 0.5, 0.7])))
        kind = "one-of" if kind == "one-of" else "keep" if kind == "keep" else "chain"
        return (kind, *(grow(depth - 1) for _ in range(generator.integers(1, 4))))

    return grow(3)


def built(tree):
    if tree is None:
        return Identity()
    if tree == "foreign":
        return Foreign(lambda image: image, "mine")
    if not isinstance(tree, tuple):
        return Flip(tree)
    parts = [built(part) for part in tree[1:]]
    if tree[0] == "keep":
        return KeepAugment(even_maps, mode="paste", augment=Chain(parts))
    return {"chain": Chain, "one-of": OneOf}[tree[0]](parts)


def even_maps(batch):
    return torch.ones(len(batch), SIDE, SIDE)


def draws_of(tree, params, path=()):
    """(path, what is drawn for each image, its mean) of every part that draws."""
    if tree is None:
        return
    if tree == "foreign":
        yield path, (params.key & 1), 0.5
    elif not isinstance(tree, tuple):
        yield path, params.horizontal, tree
    elif tree[0] == "chain":
        yield from draws_of_parts(tree, params, path)
    elif tree[0] == "one-of":
        if len(tree) > 2:
            yield path, params.choice == 0, 1 / (len(tree) - 1)
        yield from draws_of_parts(tree, params.params, path)
    else:
        yield path, params.left < 2, 0.4  # of the five columns where a window may begin
        yield from draws_of_parts(tree, params.augment, path)


def draws_of_parts(tree, params, path):
    for place, (part, drawn) in enumerate(zip(tree[1:], params, strict=True)):
        yield from draws_of(part, drawn, (*path, (tree[0], place)))


def act_together(one, other):
    """Whether an image may get both: not where a one-of chooses between them."""
    fork = next((pair for pair in zip(one, other, strict=False) if pair[0] != pair[1]), None)
    return fork is None or fork[0][0] != "one-of"


@pytest.mark.parametrize("tree", [*NESTINGS, *map(nesting, range(40))], ids=str)
def test_parts_of_a_nesting_draw_independently(tree):
    n = 4000
    ids = torch.arange(n)
    images = torch.zeros(1, 1, SIDE, SIDE, dtype=torch.uint8).expand(n, -1, -1, -1)
    params = built(tree).sample(make_batch(images, ids=ids), Draws(1, 2, ids))
    found = [(path, drawn.double().numpy(), p) for path, drawn, p in draws_of(tree, params)]
    for i, (path, drawn, p) in enumerate(found):
        if p is not None:
            assert abs(drawn.mean() - p) < LIMIT * (p * (1 - p) / n) ** 0.5
        for other_path, other, _ in found[:i]:
            if act_together(path, other_path):
                r = np.corrcoef(drawn, other)[0, 1]
                assert abs(r) < LIMIT / n**0.5, f"{other_path} and {path}: r = {r:.3f}"


def flip_rate(tree):
    """How often `tree` mirrors an image, by hand: independent parts, one after the other."""
    if not isinstance(tree, tuple):
        return tree or 0.0
    rates = [flip_rate(part) for part in tree[1:]]
    if tree[0] == "one-of":
        return sum(rates) / len(rates)
    odd = 0.0
    for rate in rates:
        odd = odd * (1 - rate) + (1 - odd) * rate
    return odd


def without(tree, kind):
    """`tree` with chains for `kind`, and nothing for transforms of somebody's."""
    if not isinstance(tree, tuple):
        return None if tree == "foreign" else tree
    return ("chain" if tree[0] == kind else tree[0], *(without(part, kind) for part in tree[1:]))


@pytest.mark.parametrize("tree", [*NESTINGS, *map(nesting, range(40))], ids=str)
def test_a_nesting_flips_as_often_as_its_parts_say(tree):
    """By the pixels: 4,000 images, black at the left and white at the right."""
    n, tree = 4000, without(tree, "keep")
    ids = torch.arange(n)
    images = torch.tensor([0, 255], dtype=torch.uint8).expand(n, 1, 1, 2)
    found = built(tree)(make_batch(images, ids=ids), Draws(5, 0, ids)).images
    rate, expected = (found[:, 0, 0, 0] > found[:, 0, 0, 1]).double().mean(), flip_rate(tree)
    assert abs(rate - expected) <= LIMIT * (expected * (1 - expected) / n) ** 0.5
