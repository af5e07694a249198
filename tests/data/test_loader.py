import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from augury.batch import check_batch
from augury.data import Split, batches, epoch_order, one_hot
from augury.errors import InputError


def split_of(n: int) -> Split:
    images = np.arange(n * 12, dtype=np.uint8).reshape(n, 3, 2, 2)
    images.setflags(write=False)  # as a memory map is
    return Split(images, np.arange(n) % 4, 50 + np.arange(n))


def test_one_hot_by_hand():
    expected = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    result = one_hot(np.array([1, 2, 0]), 3)
    np.testing.assert_array_equal(result, expected)
    assert result.dtype == np.float32


@given(st.integers(0, 200), st.integers(0, 99), st.integers(0, 99))
def test_an_order_is_a_permutation_of_its_own_seed_and_epoch(n, seed, epoch):
    order = epoch_order(n, seed, epoch)
    np.testing.assert_array_equal(np.sort(order), np.arange(n))
    np.testing.assert_array_equal(order, epoch_order(n, seed, epoch))


def test_epochs_and_seeds_have_different_orders():
    orders = {tuple(epoch_order(50, seed, epoch)) for seed in range(5) for epoch in range(5)}
    assert len(orders) == 25


@given(st.integers(1, 60), st.integers(1, 20), st.integers(0, 9))
def test_batches_visit_every_image_once_and_in_order(n, batch_size, seed):
    split, order = split_of(n), epoch_order(n, seed, 0)
    served = list(batches(split, 4, batch_size, order))
    for batch in served:
        check_batch(batch)
        assert batch.images.dtype == torch.uint8
    np.testing.assert_array_equal(torch.cat([b.ids for b in served]), split.ids[order])
    np.testing.assert_array_equal(torch.cat([b.images for b in served]), split.images[order])
    targets = torch.cat([b.targets for b in served])
    np.testing.assert_array_equal(targets.argmax(1), split.labels[order])


@pytest.mark.parametrize(
    ("n", "batch_size", "sizes"),
    [
        (10, 4, [4, 4, 2]),
        (9, 4, [4, 5]),  # a remainder of one joins the batch before it
        (8, 4, [4, 4]),
        (1, 4, [1]),
        (3, 1, [1, 1, 1]),
        (0, 4, []),
    ],
)
def test_sizes_of_batches(n, batch_size, sizes):
    served = batches(split_of(n), 4, batch_size, np.arange(n))
    assert [len(batch) for batch in served] == sizes


def test_changing_a_batch_leaves_the_data_alone():
    split = split_of(4)
    before = split.images.copy()
    next(batches(split, 4, 4, np.arange(4))).images.zero_()
    np.testing.assert_array_equal(split.images, before)


def test_a_batch_needs_an_image():
    with pytest.raises(InputError, match="at least 1, got 0"):
        next(batches(split_of(3), 4, 0, np.arange(3)))
