"""Benjamini & Hochberg on p-values and on e-values, against SciPy and against enumeration."""

import numpy as np
import pytest
import scipy

from augury.stats import benjamini_hochberg, e_benjamini_hochberg, e_of_maximum


def picked_by_the_papers_words(e, q):
    """e-BH as in Wang & Ramdas (2022): the k̂ largest, k̂ = max {k: k e_[k] / K ≥ 1 / q}."""
    ordered = sorted(e, reverse=True)
    counts = [k for k in range(1, len(e) + 1) if k * ordered[k - 1] / len(e) >= 1 / q]
    least = ordered[max(counts) - 1] if counts else np.inf
    return [value >= least and bool(counts) for value in e]


def test_adjusted_p_values_by_hand():
    # 4 × 0.005 / 1 = 0.02; 4 × 0.03 / 2 = 0.06, but 4 × 0.04 / 3 = 0.0533 is less; 0.9.
    found = benjamini_hochberg([0.04, 0.005, 0.9, 0.03])
    assert found == pytest.approx([4 * 0.04 / 3, 0.02, 0.9, 4 * 0.04 / 3])


def test_adjusted_p_values_are_scipys():
    p = np.random.default_rng(1).random((20, 15)) ** 2
    p[3] = 0.2  # ties
    expected = [scipy.stats.false_discovery_control(row) for row in p]
    assert np.array([benjamini_hochberg(row) for row in p]) == pytest.approx(np.array(expected))


def test_no_p_values():
    assert benjamini_hochberg([]).shape == (0,)


@pytest.mark.parametrize("p", [[-0.1], [1.1], [np.nan], [[0.5]]])
def test_p_values_out_of_range(p):
    with pytest.raises(ValueError, match="p: a list of values in"):
        benjamini_hochberg(p)


def test_e_values_are_picked_as_the_paper_says():
    generator = np.random.default_rng(2)
    for _ in range(200):
        e = generator.lognormal(1, 2, size=generator.integers(1, 9)).round(1)
        for q in (0.05, 0.1, 0.5):
            found = (e_benjamini_hochberg(e) <= q).tolist()
            assert found == picked_by_the_papers_words(e, q)


def test_e_values_by_hand():
    # Of three, 60 alone needs 3 / 60; 30 and 60 together 3 / (2 × 30); an infinite one needs 0.
    assert e_benjamini_hochberg([30, 60, 0]) == pytest.approx([0.05, 0.05, 1.0])
    assert e_benjamini_hochberg([np.inf, 0.5]) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("e", [[-0.1], [np.nan], [[2.0]]])
def test_e_values_out_of_range(e):
    with pytest.raises(ValueError, match="e: a list of values of at least 0"):
        e_benjamini_hochberg(e)


def test_the_adjuster_takes_no_more_than_a_maximum_may_be_worth():
    assert e_of_maximum([1.0, 441.0]) == pytest.approx([0.0, 20.0])
    # Ville: P(max ≥ m) ≤ 1 / m, so its largest expectation is ∫ A(m) / m² dm = 1.
    worth, _ = scipy.integrate.quad(lambda m: float(e_of_maximum(m)) / m**2, 1, np.inf)
    assert worth == pytest.approx(1)
    with pytest.raises(ValueError, match="maximum: values of at least 1"):
        e_of_maximum([0.9])
