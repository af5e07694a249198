import numpy as np
import pytest
from sklearn.datasets import load_digits

from augury.data import load_dataset
from augury.errors import InputError


def test_eight_pixels_are_sklearns_values_scaled():
    dataset = load_dataset("digits", image_size=8)
    reference = load_digits()
    for part in (dataset.train, dataset.test):
        expected = np.rint(reference.images[part.ids] / 16 * 255)
        np.testing.assert_array_equal(part.images[:, 0], expected)
        np.testing.assert_array_equal(part.labels, reference.target[part.ids])


def test_the_parts_are_complete_and_stratified():
    dataset = load_dataset("digits")
    assert (dataset.channels, dataset.image_size, dataset.num_classes) == (1, 16, 10)
    ids = np.concatenate([dataset.train.ids, dataset.test.ids])
    np.testing.assert_array_equal(np.sort(ids), np.arange(1797))
    assert len(dataset.test) == round(0.3 * 1797)
    whole = np.bincount(load_digits().target)
    assert np.abs(np.bincount(dataset.test.labels) - 0.3 * whole).max() <= 1


def test_enlarging_keeps_the_mean_and_is_said_aloud():
    small, large = load_dataset("digits", image_size=8), load_dataset("digits")
    means = [dataset.train.images.mean(axis=(1, 2, 3)) for dataset in (small, large)]
    np.testing.assert_allclose(means[1], means[0], atol=1.5)
    assert any("16×16" in note for note in large.notes)
    assert any("30%" in note for note in large.notes)
    assert not any("resized" in note for note in small.notes)
    assert large.fingerprint != small.fingerprint


@pytest.mark.parametrize("size", [7, 1025, -1])
def test_a_size_out_of_bounds_is_refused(size):
    with pytest.raises(InputError, match=rf"8\.\.1024 pixels, got {size}"):
        load_dataset("digits", image_size=size)
