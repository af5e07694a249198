import numpy as np
import pytest

from augury.data import load_dataset
from augury.data.leakage.duplicates import find_duplicates


def test_no_merely_similar_digit_counts():
    digits = load_dataset("digits")
    assert find_duplicates(digits.train, digits.test) == ()
    test = digits.test.take(np.arange(len(digits.test)))
    test.images[:50] = digits.train.images[:50]
    found = find_duplicates(digits.train, test)
    assert [pair.exact for pair in found] == [True] * 50


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "label", "count", "mirrored"),
    [("cifar10", 1, 38, 3), ("fashion-mnist", 1, 2, 0), ("fashion-mnist", 8, 1, 0)],
    ids=["automobiles", "trousers", "bags"],
)
def test_one_class_of_real_images(
    name, label, count, mirrored, real_data, cache_folder, monkeypatch
):
    """The counts that were measured; each pair was looked at."""
    # The whole run's cache, as decoding CIFAR-10 takes a while.
    monkeypatch.setenv("AUGURY_CACHE", str(cache_folder))
    dataset = load_dataset(name, data_dir=real_data)
    train, test = (
        part.take(np.flatnonzero(part.labels == label)) for part in (dataset.train, dataset.test)
    )
    found = find_duplicates(train, test)
    assert (len(found), sum(pair.mirrored for pair in found)) == (count, mirrored)
    assert not any(pair.exact for pair in found)
