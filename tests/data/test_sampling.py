"""Which images an epoch shows, how often, and with which draws."""

from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from augury.data import Split, epoch_order
from augury.data.loader import batch_rows
from augury.data.sampling import epoch_picks, repeats_of, rows_of
from augury.rng import Draws
from augury.training.feed import Feed

SKEWED = np.repeat([0, 1, 3], [795, 100, 12])  # class 2 has no image


def times_before(rows):
    """How often each row came before, by counting."""
    seen = Counter()
    found = []
    for row in rows.tolist():
        found.append(seen[row])
        seen[row] += 1
    return found


def test_natural_picks_are_the_order_of_before():
    np.testing.assert_array_equal(epoch_picks(SKEWED, 3, 5), epoch_order(len(SKEWED), 3, 5))


@given(st.lists(st.integers(0, 6), min_size=1, max_size=120), st.integers(0, 9), st.integers(0, 9))
def test_balanced_epochs_show_classes_equally_often(labels, seed, epoch):
    labels = np.array(labels)
    picks = epoch_picks(labels, seed, epoch, "balanced")
    rows = rows_of(picks)
    assert len(rows) == len(labels)
    assert repeats_of(picks).tolist() == times_before(rows)
    by_class = Counter(labels[rows].tolist())
    assert set(by_class) == set(labels.tolist())
    assert max(by_class.values()) - min(by_class.values()) <= 1
    for label in set(labels.tolist()):
        of_class = np.bincount(rows, minlength=len(labels))[labels == label]
        assert of_class.max() - of_class.min() <= 1
    np.testing.assert_array_equal(picks, epoch_picks(labels, seed, epoch, "balanced"))


def test_the_larger_shares_and_the_parts_of_large_classes_change_from_epoch_to_epoch():
    """907 images of three classes: one class has 303. 302.33 of 795 are shown in each epoch."""
    epochs = [rows_of(epoch_picks(SKEWED, 0, epoch, "balanced")) for epoch in range(300)]
    larger = Counter(int(np.bincount(SKEWED[rows]).argmax()) for rows in epochs)
    # A third of 300 for each of three classes, to within four standard deviations.
    assert set(larger) == {0, 1, 3}
    assert max(abs(count - 100) for count in larger.values()) < 4 * np.sqrt(300 * 2 / 9)
    shown = np.bincount(np.concatenate(epochs), minlength=len(SKEWED))[:795] / 300
    # Each image of the large class is as likely as any other.
    expected = 302.33 / 795
    error = np.sqrt(expected * (1 - expected) / 300)
    assert shown.mean() == pytest.approx(expected, abs=0.001)
    assert np.abs(shown - expected).max() < 5 * error
    assert shown.std() == pytest.approx(error, rel=0.1)


def test_copies_of_an_image_have_their_own_draws_in_every_batch_size():
    """Those that `Draws` counts itself where a whole epoch is one batch."""
    labels = np.repeat([0, 1], [30, 3])
    split = Split(np.zeros((33, 1, 8, 8), np.uint8), labels, 100 + np.arange(33))
    picks = epoch_picks(labels, 4, 2, "balanced")
    ids = torch.from_numpy(split.ids[rows_of(picks)])
    expected = Draws(4, 2, ids).uniform("op", 3)
    assert len(torch.unique(expected, dim=0)) == 33
    for resident in (False, True):
        for size in (2, 7, 33):
            feed = Feed(split, 2, 4, torch.device("cpu"), resident)
            feed.begin(2)
            found = []
            for rows in feed.rows(picks, size):
                batch = feed.batch(rows)
                found.append(feed.draws(batch, rows).uniform("op", 3))
                assert batch.targets.argmax(1).tolist() == labels[batch.ids.numpy() - 100].tolist()
            assert torch.equal(torch.cat(found), expected)
    assert sum(map(len, batch_rows(picks, 7))) == 33
