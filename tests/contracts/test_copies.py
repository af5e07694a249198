"""What every method does with a batch in which images stand more than once, as oversampling has it.

Forty-seven rows of five images, most of them of one.
"""

from collections import Counter

import pytest
import torch

from augury.augment import RandAugment, SaliencyMix
from augury.rng import Draws
from helpers.batches import rows_of
from helpers.registered import MIXING, NAMES, RANDOM, labeled_batch, make, run, stored_maps

SHAPE = (3, 16, 16)
ROWS = torch.tensor([0] * 25 + [1] * 10 + [2] * 9 + [3] * 2 + [4])


def copies(order=None):
    """The batch, in an order of its rows."""
    rows = ROWS if order is None else ROWS[order]
    whole = labeled_batch(SHAPE)
    return rows_of(whole, rows)


def seen(batch):
    """How often each result is there: its id, pixels and target."""
    rows = zip(batch.ids.tolist(), batch.images, batch.targets, strict=True)
    return Counter((i, image.numpy().tobytes(), t.numpy().tobytes()) for i, image, t in rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_the_batch_does_not_matter(name):
    augmentation = make(name, SHAPE)
    whole = run(augmentation, copies())
    order = torch.randperm(len(ROWS), generator=torch.Generator().manual_seed(3))
    assert seen(run(augmentation, copies(order))) == seen(whole)


def test_the_box_that_a_batch_shares_is_that_of_the_first_copy_of_the_smallest_id():
    batch = copies()
    augmentation = SaliencyMix(stored_maps("gradient", SHAPE), p=1.0, shared_box=True)
    whole = augmentation.sample(batch, Draws(3, 7, batch.ids))
    first = int((batch.ids == batch.ids.min()).nonzero()[0])
    for order in (torch.arange(len(ROWS)).flip(0), torch.arange(len(ROWS)).roll(first)):
        again = augmentation.sample(copies(order), Draws(3, 7, batch.ids[order]))
        assert torch.equal(again.height, whole.height)
        assert torch.equal(again.top, whole.top)
    alone = Draws(3, 7, batch.ids[first : first + 1]).uniform("saliencymix", 2)[0, 1].double()
    assert int(whole.height[0]) == round(float((1 - alone) ** 0.5 * SHAPE[1]))


@pytest.mark.parametrize("name", RANDOM)
def test_copies_are_augmented_each_in_its_own_way(name):
    """Over four epochs, as a rare operation leaves most images as they are."""
    augmentation = make(name, SHAPE)
    batch = copies()
    batch = batch.with_images(batch.images // 2 + 40)  # full contrast leaves nothing to stretch
    found = [run(augmentation, batch, epoch=epoch).images[ROWS == 0] for epoch in range(4)]
    assert any(len(each.flatten(1).unique(dim=0)) > 1 for each in found)


def test_hardly_two_copies_under_randaugment_are_alike():
    """Of 47 rows 5 were different when all copies had the draws of their id."""
    found = run(RandAugment(), copies()).images
    assert len(found.flatten(1).unique(dim=0)) >= 45


@pytest.mark.parametrize("name", [name for name in NAMES if not make(name, SHAPE).mixes])
def test_the_first_copy_is_what_the_image_is_alone(name):
    augmentation, batch = make(name, SHAPE), copies()
    first = torch.tensor([0, 25, 35, 44, 46])
    alone = rows_of(batch, first)
    found = run(augmentation, batch).images[first]
    assert torch.equal(found, run(augmentation, alone).images)


@pytest.mark.parametrize("name", MIXING)
def test_no_image_is_mixed_with_its_copy(name):
    augmentation, batch = make(name, SHAPE), copies()
    for epoch in range(4):
        found = list(partners(augmentation.sample(batch, Draws(3, epoch, batch.ids))))
        assert found
        for partner in found:
            assert (batch.ids[partner] != batch.ids).all()


def partners(params):
    """All partners that are drawn, also inside of compositions."""
    if isinstance(params, tuple):
        for each in params:
            yield from partners(each)
    elif hasattr(params, "params"):
        yield from partners(params.params)
    elif hasattr(params, "partner"):
        yield params.partner


@pytest.mark.parametrize("name", MIXING)
def test_copies_of_a_single_image_are_mixed_with_each_other(name):
    batch = labeled_batch(SHAPE)
    rows = torch.zeros(6, dtype=torch.int64)
    batch = rows_of(batch, rows)
    assert torch.equal(run(make(name, SHAPE), batch).targets, batch.targets)
