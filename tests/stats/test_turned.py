"""Test images that an arm turned, by hand."""

import numpy as np

from augury.stats import Calls, lost_images, won_images

LABELS = np.array([0, 1, 2, 1])
# Columns are images. Image 0 is lost in 2 of 3 seeds, image 1 in 3; image 2 is won in 2; image 3 is
# right with both.
WITHOUT = np.array([[0, 1, 0, 1], [0, 1, 0, 1], [0, 1, 2, 1]])
WITH = np.array([[2, 0, 2, 1], [1, 2, 2, 1], [0, 2, 2, 0]])


def test_lost_images_and_what_they_are_called():
    found = lost_images(Calls(LABELS, WITH, WITHOUT))
    assert found.rows.tolist() == [1, 0]
    # Image 0 is called 2 and 1 once each, the smaller number is told.
    assert found.called.tolist() == [2, 1]
    assert found.right_without.tolist() == [3, 3]
    assert found.right_with.tolist() == [0, 1]


def test_won_images_and_what_the_baseline_called_them():
    found = won_images(Calls(LABELS, WITH, WITHOUT))
    assert found.rows.tolist() == [2]
    assert found.called.tolist() == [0]
    assert found.right_without.tolist() == [1]
    assert found.right_with.tolist() == [3]


def test_half_of_the_seeds_are_not_most():
    # Right in one of two seeds without the arm: no image is turned.
    found = lost_images(Calls(LABELS[:1], np.array([[1], [1]]), np.array([[0], [1]])))
    assert found.rows.tolist() == []
    assert found.called.dtype == np.int64
