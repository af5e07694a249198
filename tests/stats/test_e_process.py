import math

import numpy as np
import pytest
from scipy import integrate, stats

from augury.stats.e_process import (
    anytime_p,
    batch_alphas,
    confidence_sequence,
    largest_e_value,
    log_e_process,
)

DIFFERENCES = np.array([0.31, -0.12, 0.55, 0.48, 0.07, 0.62, 0.29, 0.4])


def written_out(values, mean, mixing):
    """The martingale as the paper has it, term by term."""
    x = [value - mean for value in values]
    n, total, squares = len(x), math.fsum(x), math.fsum(value**2 for value in x)
    fraction = (n + mixing) * squares / ((n + mixing) * squares - total**2)
    return math.sqrt(mixing / (n + mixing)) * fraction ** (n / 2)


def by_t(values, mean, mixing):
    """The same from Student's t, as Lindon et al. (arXiv:2210.08589) write it for regressions."""
    n = len(values)
    t = stats.ttest_1samp(values, mean).statistic
    kept = mixing / (mixing + n)
    return math.sqrt(kept) * ((1 + t**2 / (n - 1)) / (1 + kept * t**2 / (n - 1))) ** (n / 2)


@pytest.mark.parametrize("mixing", [0.1, 1.0, 7.0])
@pytest.mark.parametrize("mean", [0.0, 0.3, -2.0])
def test_the_martingale_is_that_of_the_paper(mean, mixing):
    found = log_e_process(DIFFERENCES, mean, mixing)
    assert found[0] == 0
    for n in range(2, len(DIFFERENCES) + 1):
        first = DIFFERENCES[:n]
        assert math.exp(found[n - 1]) == pytest.approx(written_out(first, mean, mixing), rel=1e-9)
        assert math.exp(found[n - 1]) == pytest.approx(by_t(first, mean, mixing), rel=1e-9)


@pytest.mark.parametrize("mixing", [0.2, 1.0, 4.0])
@pytest.mark.parametrize("size", [2, 3, 8])
def test_the_martingale_is_a_bayes_factor(size, mixing):
    # Gönen et al. 2005: noncentral t over central t, the effect size drawn from N(0, 1 / c²).
    x = DIFFERENCES[:size]
    t = stats.ttest_1samp(x, 0).statistic

    def weighted(effect):
        drawn = stats.norm.pdf(effect, scale=1 / math.sqrt(mixing))
        return drawn * stats.nct.pdf(t, size - 1, effect * math.sqrt(size))

    reach = 10 / math.sqrt(mixing)
    alternative, _ = integrate.quad(weighted, -reach, reach, points=[0, t / math.sqrt(size)])
    expected = alternative / stats.t.pdf(t, size - 1)
    assert math.exp(log_e_process(x, 0.0, mixing)[-1]) == pytest.approx(expected, rel=1e-6)


def test_with_many_values_it_is_confseq_s_mixture_for_a_known_variance():
    # confseq, test/uniform_boundaries_unittest.cpp: with ρ = 12.60056, S = 10 and V = 100, the
    # logarithm is −0.6510052, and the bound on S at α = 0.05 is 30.35209. Ten thousand values for
    # each unit of variance tell the variance all but exactly.
    rho, each, n = 12.60056, 10_000, 1_000_000
    signs = np.resize([1.0, -1.0], n)

    def final(total):
        mean = total * math.sqrt(each) / n
        return log_e_process(signs * math.sqrt(1 - mean**2) + mean, 0.0, rho * each)[-1]

    # What is left is the information in the variance, of the order of S⁴ / (V² · each).
    assert final(10) == pytest.approx(-0.6510052, abs=1e-5)
    assert final(30.35209) == pytest.approx(math.log(20), abs=1e-3)


def test_shifts_and_units_make_no_difference():
    shifted = log_e_process(DIFFERENCES + 5, 5.0)
    scaled = log_e_process(DIFFERENCES * 0.01)
    turned = log_e_process(-DIFFERENCES)
    for same in (shifted, scaled, turned):
        np.testing.assert_allclose(same, log_e_process(DIFFERENCES), rtol=1e-9, atol=1e-12)
    intervals = confidence_sequence(DIFFERENCES, 0.05)
    np.testing.assert_allclose(confidence_sequence(DIFFERENCES + 5, 0.05), intervals + 5)
    np.testing.assert_allclose(confidence_sequence(DIFFERENCES * 3, 0.05), intervals * 3)


def test_two_values_prove_little_and_a_tail_of_values_changes_nothing_before_it():
    # The most that n values can reach: ((n + c²) / c²)^((n − 1) / 2).
    for mixing, most in ((1.0, math.sqrt(3)), (0.5, math.sqrt(5))):
        near = log_e_process(np.array([1.0, 1.000001]), mixing=mixing)
        assert math.exp(near[-1]) == pytest.approx(most)
    long = log_e_process(DIFFERENCES)
    np.testing.assert_array_equal(log_e_process(DIFFERENCES[:5]), long[:5])


def test_values_without_spread_say_nothing():
    same = np.array([0.5, 0.5, 0.5 + 1e-12, 0.5, 0.5, 0.5])
    np.testing.assert_array_equal(log_e_process(same), np.zeros(6))
    assert np.isinf(confidence_sequence(same, 0.05)).all()
    np.testing.assert_array_equal(log_e_process(np.zeros(4)), np.zeros(4))
    # What follows counts with all that came before.
    later = np.append(same, [0.6, 0.4])
    expected = written_out(later, 0, 0.5)
    assert math.exp(log_e_process(later, mixing=0.5)[-1]) == pytest.approx(expected, rel=1e-9)


def test_p_is_one_over_the_largest_e_value_so_far():
    wave = np.concatenate([DIFFERENCES, -DIFFERENCES])
    largest = np.maximum.accumulate(np.exp(log_e_process(wave)))
    np.testing.assert_allclose(largest_e_value(wave), largest)
    np.testing.assert_allclose(anytime_p(wave), 1 / largest)
    assert anytime_p(wave)[-1] < np.exp(-log_e_process(wave)[-1]) / 2
    assert np.isfinite(largest_e_value(np.resize([1.0, 1.0001], 2000))).all()


@pytest.mark.parametrize("mixing", [0.3, 1.0])
@pytest.mark.parametrize("alpha", [0.05, 0.004])
def test_the_confidence_sequence_holds_what_no_value_refutes(alpha, mixing):
    values = np.random.default_rng(4).normal(0.3, 1, 30)
    intervals = confidence_sequence(values, alpha, mixing)
    assert np.isinf(intervals[0]).all()
    for n in (9, 12, 30):
        for mean, inside in zip(intervals[n - 1], (1, -1), strict=True):
            first = values[:n]
            for step, kept in ((1e-6, True), (-1e-6, False)):
                each = log_e_process(first, mean + inside * step, mixing)
                assert (each.max() < math.log(1 / alpha)) == kept


def test_an_empty_intersection_leaves_the_last_interval():
    # Thirty values around 0, then thousands around 10.
    rng = np.random.default_rng(1)
    values = np.concatenate([rng.normal(0, 0.01, 30), rng.normal(10, 0.01, 3000)])
    low, high = confidence_sequence(values, 0.05).T
    assert (low <= high).all()
    assert (low[1:] >= low[:-1]).all()
    assert (high[1:] <= high[:-1]).all()
    # The values themselves have long left it: their mean is near 10.
    assert high[-1] < 1
    assert high[29] < 0.02


def test_it_ever_reaches_20_in_at_most_5_percent_of_sequences_without_a_difference():
    studies = 10_000
    values = np.random.default_rng(8).normal(0.0, 3.0, (studies, 200))
    reached = anytime_p(values)[:, -1]
    for alpha in (0.05, 0.01):
        error = math.sqrt(alpha * (1 - alpha) / studies)
        # Over 200 values the bound is nearly used up; only infinitely many would reach it.
        assert alpha / 2 < np.mean(reached <= alpha) < alpha + 3 * error


def test_all_intervals_together_hold_the_mean():
    studies = 4000
    values = np.random.default_rng(9).normal(0.7, 2.0, (studies, 200))
    intervals = confidence_sequence(values, 0.05)
    held = ((intervals[..., 0] <= 0.7) & (intervals[..., 1] >= 0.7)).all(axis=1)
    assert np.mean(held) > 0.95 - 3 * math.sqrt(0.05 * 0.95 / studies)


def test_batches_share_the_level():
    assert batch_alphas(0.05, 3) == pytest.approx((0.04, 0.008, 0.0016))
    assert sum(batch_alphas(0.05, 40)) <= 0.05 * (1 + 1e-12)
    assert batch_alphas(0.05, 0) == ()


@pytest.mark.parametrize("values", [[], [0.1, math.nan], [0.1, math.inf]], ids=str)
def test_values_that_are_not_finite_are_refused(values):
    for function in (log_e_process, anytime_p, largest_e_value):
        with pytest.raises(ValueError, match="values: at least one, all finite"):
            function(np.array(values))
    with pytest.raises(ValueError, match="values: at least one, all finite"):
        confidence_sequence(np.array(values), 0.05)


def test_arguments_out_of_range_are_refused():
    with pytest.raises(ValueError, match="mixing: must be in"):
        log_e_process(DIFFERENCES, mixing=0.0)
    with pytest.raises(ValueError, match="alpha: must be in"):
        confidence_sequence(DIFFERENCES, 1.0)
