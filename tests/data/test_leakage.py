import errno
import json
from dataclasses import replace

import numpy as np
import pytest

from augury.data import Dataset, Split, cache_folder
from augury.data.leakage import between_parts as leakage
from augury.data.leakage.between_parts import DatasetDuplicates, dataset_duplicates
from augury.errors import DiskError


def part(n: int, first_id: int, seed: int) -> Split:
    images = np.random.default_rng(seed).integers(0, 256, (n, 3, 16, 16), dtype=np.uint8)
    return Split(images, np.arange(n) % 2, np.arange(first_id, first_id + n))


@pytest.fixture
def dataset() -> Dataset:
    """Test image 61 equals training image 5, and test image 62, mirrored, validation image 43."""
    train, validation, test = part(40, 0, 1), part(8, 40, 2), part(6, 60, 3)
    test.images[1] = train.images[5]
    test.images[2] = validation.images[3, :, :, ::-1]
    fields = ("", (), ())
    return Dataset("made", ("a", "b"), train, validation, test, "f1", *fields)


def pairs(found: DatasetDuplicates):
    return [[(pair.test_id, pair.train_id) for pair in p] for p in (found.train, found.validation)]


@pytest.fixture
def searches(monkeypatch):
    """A list that grows with each search."""
    calls = []

    def counted(train, test, progress=None):
        calls.append(len(train))
        return find(train, test, progress)

    find = leakage.find_duplicates
    monkeypatch.setattr(leakage, "find_duplicates", counted)
    return calls


def test_train_and_validation_are_searched(dataset):
    found = dataset_duplicates(dataset)
    assert pairs(found) == [[(61, 5)], [(62, 43)]]
    assert found.train[0].exact
    assert found.validation[0].mirrored
    assert (found.validation[0].test_label, found.validation[0].train_label) == (0, 1)


def test_without_a_validation_part(dataset):
    assert pairs(dataset_duplicates(replace(dataset, validation=None))) == [[(61, 5)], []]


def test_a_second_time_costs_nothing(dataset, searches):
    first = dataset_duplicates(dataset)
    assert searches == [40, 8]
    assert dataset_duplicates(dataset) == first
    assert searches == [40, 8]
    dataset_duplicates(replace(dataset, fingerprint="f2"))
    assert len(searches) == 4


def version_raised(content: bytes) -> bytes:
    return json.dumps({**json.loads(content), "version": leakage.DUPLICATES_VERSION + 1}).encode()


@pytest.mark.parametrize(
    "damage",
    [
        version_raised,
        lambda content: content[:-9],
        lambda _: b"",
        lambda _: b"\xff\xfe",
        lambda _: b"[]",
        lambda _: b'{"version": 1, "train": [{"test_id": 1}], "validation": []}',
        lambda _: b'{"version": 1, "train": 3, "validation": []}',
    ],
    ids=["other version", "cut short", "empty", "no text", "a list", "a field less", "a number"],
)
def test_what_is_damaged_or_of_another_version_is_made_anew(dataset, searches, damage):
    first = dataset_duplicates(dataset)
    (file,) = (cache_folder() / "duplicates").iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert dataset_duplicates(dataset) == first
    assert len(searches) == 4
    assert file.read_bytes() == whole


def test_a_full_disk_is_one_clear_line(dataset, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(leakage, "write_atomically", full)
    with pytest.raises(DiskError, match=r"cannot write to .*duplicates"):
        dataset_duplicates(dataset)
