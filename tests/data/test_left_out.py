"""Parts of a data set by groups: nobody is trained on and tested, and everybody is tested."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.data import Dataset, Split
from augury.data.leakage.between_parts import dataset_duplicates
from augury.data.leakage.duplicates import find_duplicates
from augury.data.left_out import (
    count_of_parts,
    left_out_parts,
    turns_of,
    validation_groups,
    with_groups,
)
from augury.errors import InputError
from augury.records.group_split import GroupSplit


def dataset_of(labels, train, ids=None):
    """Images with these labels, the first `train` of them in the training part."""
    labels = np.array(labels, dtype=np.int64)
    ids = np.arange(len(labels)) + 100 if ids is None else np.array(ids)
    images = np.repeat(ids[:, None], 64, axis=1).reshape(-1, 1, 8, 8).astype(np.uint8)
    whole = Split(images, labels, ids)
    return Dataset(
        name="made",
        classes=tuple(f"class {k}" for k in range(labels.max() + 1)),
        train=whole.take(slice(0, train)),
        validation=None,
        test=whole.take(slice(train, None)),
        fingerprint="0" * 64,
        source="made",
        notes=("no test part: 20% held out, stratified, with seed 0", "as it is"),
        set_aside=(),
    )


def split_of(dataset, groups, folds=None):
    """groups: of each image, in the order of the ids."""
    labels = [*dataset.train.labels, *dataset.test.labels]
    count = max(groups) + 1
    counts = np.zeros((count, dataset.num_classes), dtype=np.int64)
    for group, label in zip(groups, labels, strict=True):
        counts[group, label] += 1
    return GroupSplit(
        column="subject",
        names=tuple(f"s{group}" for group in range(count)),
        ids=(*dataset.train.ids.tolist(), *dataset.test.ids.tolist()),
        of=tuple(groups),
        counts=tuple(map(tuple, counts.tolist())),
        turns=turns_of(count, counts, folds),
    )


@st.composite
def cases(draw):
    """A data set of 3 to 9 groups with 2 images or more of each class in each group."""
    groups = draw(st.integers(3, 9))
    sizes = draw(st.lists(st.integers(4, 20), min_size=groups, max_size=groups))
    of = [group for group, size in enumerate(sizes) for _ in range(size)]
    labels = [n % 2 for size in sizes for n in range(size)]
    order = np.random.default_rng(draw(st.integers(0, 99))).permutation(len(of))
    dataset = dataset_of([labels[n] for n in order], draw(st.integers(2, len(of) - 2)))
    folds = draw(st.none() | st.integers(3, groups))
    return split_of(dataset, [of[n] for n in order], folds), dataset


@settings(deadline=None, max_examples=60)
@given(cases(), st.sampled_from([0.0, 0.1, 0.3, 0.6]))
def test_nobody_is_in_two_parts_and_everybody_is_tested_equally_often(case, share):
    split, dataset = case
    whole = with_groups(dataset, split)
    subject = dict(zip(split.ids, split.of, strict=True))
    tested, images = Counter(), Counter()
    for seed in range(2 * len(split.turns)):
        train, validation, test = left_out_parts(whole.train, split, share, seed)
        ids = [part.ids.tolist() for part in (train, validation, test)]
        assert sorted(id for part in ids for id in part) == sorted(split.ids)
        trained, validated, left = ({subject[id] for id in part} for part in ids)
        assert not trained & left
        assert not validated & left
        if validation_groups(split, share, seed):
            assert not validated & trained
        assert set(train.labels.tolist()) == {0, 1}
        # Each image is the one that the data set has under that id.
        for part in (train, validation, test):
            assert (part.images[:, 0, 0, 0] == part.ids).all()
        assert count_of_parts(split, share, seed) == tuple(map(len, (train, validation, test)))
        tested.update(left)
        images.update(ids[2])
    assert set(tested.values()) == {2}
    assert set(images.values()) == {2}


def test_validation_is_about_the_share_that_is_asked_for():
    dataset = dataset_of([n % 2 for n in range(400)], 300)
    split = split_of(dataset, [n // 20 for n in range(400)])
    for seed in range(20):
        train, validation, test = count_of_parts(split, 0.3, seed)
        assert (train, validation, test) == (260, 120, 20)  # 5.7 of 19 groups
    drawn = {validation_groups(split, 0.3, seed) for seed in range(20)}
    assert len(drawn) == 20


def test_with_three_groups_validation_is_of_images():
    dataset = dataset_of([n % 2 for n in range(60)], 40)
    split = split_of(dataset, [n // 20 for n in range(60)])
    assert validation_groups(split, 0.3, 0) == ()
    train, validation, test = left_out_parts(with_groups(dataset, split).train, split, 0.3, 0)
    assert [len(part) for part in (train, validation, test)] == [28, 12, 20]
    assert np.bincount(validation.labels).tolist() == [6, 6]


def test_no_class_is_taken_from_training_for_validation():
    # Class 2 is of group 0 and of group 1 alone: one of them is tested or trained on.
    labels = [2 if n // 10 < 2 and n % 5 == 0 else n % 2 for n in range(60)]
    dataset = dataset_of(labels, 40)
    split = split_of(dataset, [n // 10 for n in range(60)])
    whole = with_groups(dataset, split).train
    for seed in range(30):
        train, *_ = left_out_parts(whole, split, 0.5, seed)
        assert set(train.labels.tolist()) == {0, 1, 2}


def test_groups_left_out_together_have_about_equally_many_images():
    counts = np.array([[size, size] for size in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)])
    turns = turns_of(12, counts, 4)
    sizes = [counts[list(turn)].sum() for turn in turns]
    assert sorted(group for turn in turns for group in turn) == list(range(12))
    assert max(sizes) - min(sizes) <= counts.sum(axis=1).max()
    assert turns_of(12, counts, 4) == turns
    alone = turns_of(12, counts, None)
    assert sorted(alone) == [(group,) for group in range(12)]
    assert list(alone) != sorted(alone)


def test_a_draw_that_would_take_all_of_a_class_is_drawn_anew():
    # Class 1 is of groups 0 and 1: in one of three turns they must not be together.
    counts = np.array([[5, 1], [5, 1], [6, 0], [6, 0], [6, 0], [6, 0]])
    for turn in turns_of(6, counts, 3):
        assert set(turn) != {0, 1}


def test_duplicates_are_looked_for_between_groups_and_not_within_them(cache_folder):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (60, 1, 16, 16)).astype(np.uint8)
    images[25] = images[3]  # of groups 2 and 0
    images[41] = images[12, ..., ::-1]  # of groups 4 and 1, mirrored
    images[57] = images[55]  # of one group
    whole = Split(images, np.arange(60) % 2, np.arange(60))
    dataset = replace(dataset_of([0, 1] * 30, 40, range(60)), train=whole.take(slice(0, 40)))
    dataset = replace(dataset, test=whole.take(slice(40, 60)), fingerprint="made")
    split = split_of(dataset, [n // 10 for n in range(60)])
    found = dataset_duplicates(with_groups(dataset, split)).train
    expected = []
    for turn in split.turns:
        own = np.isin(np.arange(60) // 10, turn)
        rest, tested = (whole.take(np.flatnonzero(rows)) for rows in (~own, own))
        expected += find_duplicates(rest, tested)
    assert list(found) == expected
    pairs = {(each.test_id, each.train_id, each.exact, each.mirrored) for each in found}
    assert pairs == {
        (25, 3, True, False),
        (3, 25, True, False),
        (41, 12, False, True),
        (12, 41, False, True),
    }


def test_what_is_divided_has_a_fingerprint_of_its_own():
    dataset = dataset_of([n % 2 for n in range(60)], 40)
    one = split_of(dataset, [n // 20 for n in range(60)])
    other = split_of(dataset, [(n + 1) % 60 // 20 for n in range(60)])
    found = [with_groups(dataset, split) for split in (one, other, one)]
    assert found[0].fingerprint == found[2].fingerprint
    assert len({each.fingerprint for each in (dataset, *found)}) == 3
    assert found[0].notes == ("as it is",)
    with pytest.raises(InputError, match="its images are not those that have groups"):
        with_groups(dataset_of([0, 1, 0, 1], 2), one)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"of": (0, 1)}, "one of 3 groups for each id is needed"),
        ({"of": (0, 1, 3)}, "one of 3 groups for each id is needed"),
        ({"counts": ((1, 0),)}, "counts of 3 groups are needed, got 1"),
        ({"turns": ((0,), (1,))}, "each of 3 groups is left out once"),
        ({"turns": ((0,), (1,), (1, 2))}, "each of 3 groups is left out once"),
    ],
)
def test_a_plan_with_another_division_is_refused(changes, message):
    right = {
        "column": "subject",
        "names": ("a", "b", "c"),
        "ids": (1, 2, 3),
        "of": (0, 1, 2),
        "counts": ((1, 0), (0, 1), (1, 0)),
        "turns": ((0,), (1,), (2,)),
    }
    with pytest.raises(InputError, match=message):
        GroupSplit(**right | changes)
