import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.data import Dataset, Split, limit_train, split_validation
from augury.errors import InputError

LABELS = st.lists(st.integers(0, 4), min_size=2, max_size=120)


def split_of(labels) -> Split:
    labels = np.array(labels, dtype=np.int64)
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    return Split(images, labels, 1000 + np.arange(len(labels)))


def dataset_of(train: Split, validation: Split | None = None) -> Dataset:
    return Dataset("name", tuple("abcde"), train, validation, train, "", "", (), ())


@given(LABELS, st.floats(0, 0.95), st.integers(0, 2**32))
def test_parts_are_disjoint_complete_and_stratified(labels, fraction, seed):
    whole = split_of(labels)
    train, validation = split_validation(dataset_of(whole), fraction, seed)
    ids = np.concatenate([train.ids, validation.ids])
    np.testing.assert_array_equal(np.sort(ids), whole.ids)
    for part in (train, validation):
        np.testing.assert_array_equal(part.labels, whole.labels[part.ids - 1000])
        np.testing.assert_array_equal(part.images[:, 0, 0, 0], part.ids - 1000)
    if fraction == 0:
        assert len(validation) == 0
        return
    for label in set(labels):
        size, held = labels.count(label), int((validation.labels == label).sum())
        assert min(1, size - 1) <= held <= max(size - 1, 0)


@given(st.integers(20, 60), st.integers(2, 5), st.floats(0.1, 0.9), st.integers(0, 99))
def test_shares_are_right_to_within_one_image(size, classes, fraction, seed):
    labels = np.repeat(np.arange(classes), size)
    _, validation = split_validation(dataset_of(split_of(labels)), fraction, seed)
    assert len(validation) == round(fraction * len(labels))
    assert np.abs(np.bincount(validation.labels, minlength=classes) - fraction * size).max() < 1


def test_a_large_class_does_not_give_in_the_place_of_many_that_cannot():
    labels = np.repeat(np.arange(300), [100, *[1] * 299])
    _, validation = split_validation(dataset_of(split_of(labels)), 0.3, 0)
    assert np.bincount(validation.labels, minlength=300).tolist() == [30, *[0] * 299]


def test_the_seed_and_nothing_else_decides():
    dataset = dataset_of(split_of(np.repeat(np.arange(5), 40)))
    first, again, other = (split_validation(dataset, 0.3, seed)[1].ids for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert set(first) != set(other)


def test_every_image_is_held_out_about_equally_often():
    dataset = dataset_of(split_of(np.repeat(np.arange(2), 10)))
    counts = np.zeros(20)
    for seed in range(500):
        counts[split_validation(dataset, 0.3, seed)[1].ids - 1000] += 1
    # Binomial(500, 0.3): five standard deviations are 51.
    assert np.abs(counts - 150).max() < 51


def test_a_validation_part_of_its_own_is_used_as_it_is():
    train, validation = split_of([0, 1, 0, 1]), split_of([0, 1])
    assert split_validation(dataset_of(train, validation), 0.5, 0) == (train, validation)


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 2.0, float("nan")])
def test_fractions_out_of_bounds_are_refused(fraction):
    with pytest.raises(InputError, match=r"\[0, 1\), got"):
        split_validation(dataset_of(split_of([0, 1])), fraction, 0)


@given(LABELS, st.integers(1, 150), st.integers(0, 99))
def test_a_limited_training_part_is_a_stratified_choice(labels, n, seed):
    whole = split_of(labels)
    if n < len(set(labels)):
        with pytest.raises(InputError, match="one per class"):
            limit_train(whole, n, seed)
        return
    chosen = limit_train(whole, n, seed)
    assert len(chosen) == min(n, len(whole))
    assert set(chosen.labels) == set(labels)
    assert np.all(np.diff(chosen.ids) > 0)
    np.testing.assert_array_equal(chosen.labels, whole.labels[chosen.ids - 1000])
    np.testing.assert_array_equal(chosen.ids, limit_train(whole, n, seed).ids)


def test_a_limit_keeps_the_shares_of_classes():
    chosen = limit_train(split_of([0] * 60 + [1] * 30 + [2] * 10), 20, 0)
    np.testing.assert_array_equal(np.bincount(chosen.labels), [12, 6, 2])
