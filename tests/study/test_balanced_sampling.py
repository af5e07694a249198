"""A run whose epochs show every class equally often: what is recorded and previewed of it."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from augury.data import load_dataset
from augury.data.sampling import epoch_picks, rows_of
from augury.errors import InputError
from augury.study.preview import first_batch
from augury.study.running.prepare import prepare
from augury.study.running.record_batches import BatchRecorder, augmented_images, example_ids
from helpers.studies import quick_plan, quick_settings

RECIPE = {"sampling": "balanced", "train_limit": None, "validation": 0.1, "epochs": 3}


@pytest.fixture(scope="module")
def prepared():
    """Some hundred images of one class, four of each of the nine others; nothing is trained yet."""
    digits = load_dataset("digits")
    labels = digits.train.labels
    few = [np.flatnonzero(labels == label)[:4] for label in range(1, 10)]
    rows = np.concatenate([np.flatnonzero(labels == 0), *few])
    skewed = replace(digits, train=digits.train.take(rows), validation=digits.test)
    plan = quick_plan(quick_settings(augmentations=["none", "random-erasing"], recipe=RECIPE))
    return prepare(plan.cells[1], skewed, plan)


def test_training_sees_what_a_preview_shows(prepared):
    """The first copy of each image, augmented by its own draws."""
    training, last = prepared.training, 2
    shown = example_ids(prepared, last)
    recorder = BatchRecorder(prepared, shown, last)
    seen: Counter[int] = Counter()

    def record(epoch, before, after):
        recorder(epoch, before, after)
        if epoch == last:
            seen.update(before.ids.tolist())

    training.on_batch = record
    list(training.epochs())
    training.on_batch = None
    of_class = Counter()
    for row, sample in enumerate(prepared.train.ids.tolist()):
        of_class[int(prepared.train.labels[row])] += seen[sample]
    assert sum(of_class.values()) == len(prepared.train)
    assert max(of_class.values()) - min(of_class.values()) <= 1
    assert max(seen.values()) > 2  # images of small classes
    found, expected = augmented_images(prepared, shown, last), recorder.arrays()
    assert all((found[name] == expected[name]).all() for name in expected)


def test_an_image_that_an_epoch_does_not_show_is_refused(prepared):
    train, seed = prepared.train, prepared.training.seed
    shown = train.ids[rows_of(epoch_picks(train.labels, seed, 0, "balanced"))]
    hidden = min(set(train.ids.tolist()) - set(shown.tolist()))
    with pytest.raises(InputError, match=f"id {hidden}: not among the images of epoch 0, as bal"):
        augmented_images(prepared, np.array([hidden]), 0)


def test_a_sheet_shows_each_image_of_the_first_batch_once(prepared):
    recipe = {**RECIPE, "batch_size": 100}
    cell = quick_plan(quick_settings(recipe=recipe)).cells[0]
    found = first_batch(cell, prepared.dataset, 1, 1000)
    train = prepared.train
    rows = rows_of(epoch_picks(train.labels, 0, 1, "balanced"))[:100]
    assert sorted(found) == sorted(set(train.ids[rows].tolist()))
    assert len(found) < 100
