import math

import numpy as np
import pytest
from scipy import stats

from augury.stats import (
    has_spread,
    paired_t,
    probability_interval,
    probability_of_improvement,
    sign_flip_p,
    smallest_detectable,
)

DIFFERENCES = np.array([0.3, 0.5, -0.1, 0.4, 0.9, 0.2])


def test_t_by_hand():
    # Differences 1, 2, 3: mean 2, deviation 1, t = 2√3 = 3.4641, 2 degrees of freedom, for which
    # p = 1 − t/√(t² + 2), and the 97.5 % quantile is 4.302653 (any table of t).
    result = paired_t(np.array([1.0, 2.0, 3.0]))
    t = 2 * math.sqrt(3)
    assert result.p == pytest.approx(1 - t / math.sqrt(t**2 + 2), rel=1e-12)
    half = 4.302653 / math.sqrt(3)
    assert result.interval == pytest.approx((2 - half, 2 + half), abs=1e-6)


def test_t_equals_r():
    # with(sleep, t.test(extra[group == 1], extra[group == 2], paired = TRUE)): t = -4.0621, df = 9,
    # p-value = 0.002833, 95 percent confidence interval -2.4598858 -0.7001142 (Student's sleep
    # data, hours of extra sleep by two drugs).
    first = np.array([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = np.array([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    result = paired_t(first - second)
    assert result.p == pytest.approx(0.002833, abs=5e-7)
    assert result.interval == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)


def test_t_equals_scipy_on_the_two_arms():
    rng = np.random.default_rng(1)
    a, b = rng.normal(0.9, 0.01, (2, 9))
    expected = stats.ttest_rel(a, b)
    result = paired_t(a - b, confidence=0.9)
    assert result.p == pytest.approx(expected.pvalue)
    assert result.interval == pytest.approx(tuple(expected.confidence_interval(0.9)))


def test_t_interval_covers_at_its_confidence():
    rng = np.random.default_rng(2)
    intervals = [paired_t(d, 0.9).interval for d in rng.normal(0.7, 0.2, (2000, 6))]
    covered = np.mean([low <= 0.7 <= high for low, high in intervals])
    # Four standard errors of 2,000 trials.
    assert covered == pytest.approx(0.9, abs=4 * math.sqrt(0.09 / 2000))


@pytest.mark.parametrize("differences", [[], [0.4], [0.0, 0.0], [0.9 - 0.8, 0.8 - 0.7, 0.1]])
def test_no_t_without_spread(differences):
    differences = np.array(differences)
    assert not has_spread(differences)
    with pytest.raises(ValueError, match="not all equal"):
        paired_t(differences)


@pytest.mark.parametrize(("n", "p"), [(1, 1.0), (3, 0.25), (5, 0.0625), (6, 0.03125)])
def test_sign_flips_of_same_signs(n, p):
    # Only the observed signs and their opposite are as extreme: 2 of 2^n.
    values = np.arange(1.0, n + 1)
    assert sign_flip_p(values) == p
    assert sign_flip_p(-values) == p


def test_sign_flips_by_hand():
    # 1 + 2 − 3 = 0: every sign assignment is as extreme. 3 + 2 − 1 = 4: |±3 ±2 ±1| is 6 for two
    # of the eight, and 4 for two more.
    assert sign_flip_p(np.array([1.0, 2.0, -3.0])) == 1.0
    assert sign_flip_p(np.array([3.0, 2.0, -1.0])) == 0.5


def test_equal_sums_count_whatever_their_rounding():
    # The flips of one 0.1 and of another give equal sums, which differ in the last bit.
    assert sign_flip_p(np.array([0.1, 0.2, 0.3, -0.1, 0.7])) == sign_flip_p(
        np.array([1.0, 2.0, 3.0, -1.0, 7.0])
    )


def test_sign_flips_equal_scipy():
    result = stats.permutation_test(
        (DIFFERENCES,), np.mean, permutation_type="samples", n_resamples=np.inf
    )
    assert sign_flip_p(DIFFERENCES) == pytest.approx(result.pvalue)


def test_many_seeds_are_sampled_near_the_exact_p():
    differences = np.random.default_rng(3).normal(0.4, 1.0, 20)
    bits = np.arange(2**20)[:, None] >> np.arange(20) & 1
    exact = np.mean(np.abs((2 * bits - 1) @ differences) >= abs(differences.sum()) - 1e-9)
    sampled = sign_flip_p(differences, replicates=20_000, seed=4)
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))
    assert sampled == sign_flip_p(differences, replicates=20_000, seed=4)


def test_a_sampled_p_is_never_zero():
    assert sign_flip_p(np.full(40, 1.0), replicates=99) == 1 / 100


def test_probability_of_improvement_counts_ties_half():
    assert probability_of_improvement(np.array([1.0, 0.0, -2.0, 3.0])) == 2.5 / 4
    # 0.3 − 0.1 − 0.2 is a tie but for rounding.
    assert probability_of_improvement(np.array([0.3 - 0.1 - 0.2])) == 0.5


def test_probability_interval_is_the_binomial_s_quantiles():
    # Five wins of six: the bootstrap's share is Binomial(6, 5/6)/6, whose 5 % and 95 % quantiles
    # are 3/6 (P(X ≤ 3) = .062) and 1 (P(X ≤ 5) = .665).
    low, high = probability_interval(DIFFERENCES, confidence=0.9)
    assert (low, high) == (stats.binom.ppf(0.05, 6, 5 / 6) / 6, 1.0)
    assert probability_interval(np.arange(1.0, 7)) == (1.0, 1.0)


def test_swapped_arms_mirror_the_probability_interval():
    low, high = probability_interval(DIFFERENCES, seed=5)
    assert probability_interval(-DIFFERENCES, seed=5) == pytest.approx((1 - high, 1 - low))


def test_detectable_equals_r():
    # power.t.test(delta=10, sd=10*sqrt(2), power=0.85, type="paired") gives n = 19.96892:
    # P. Dalgaard, Introductory Statistics with R, section 8.3.
    detectable = smallest_detectable(10 * math.sqrt(2), 19.96892, power=0.85)
    assert detectable == pytest.approx(10, abs=1e-4)


@pytest.mark.parametrize(
    ("n", "delta", "sd", "power"),
    [
        (20, 1, 1, 0.9885913),
        (25, 1, 3, 0.3594721),
        (25, 2, 3, 0.8920169),
        (25, 3, 3, 0.9976846),
    ],
)
def test_detectable_inverts_the_power_of_r(n, delta, sd, power):
    # power.t.test(n = n, delta = delta, sd = sd, type = "paired"), the same as "one.sample".
    # Where the power is nearly 1, delta gets few of the power's seven digits.
    assert smallest_detectable(sd, n, power=power) == pytest.approx(delta, rel=1e-5)


@pytest.mark.parametrize("seeds", [2, 6, 30])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 15])
def test_detectable_has_its_power_by_the_noncentral_t(seeds, alpha):
    detectable = smallest_detectable(0.2, seeds, alpha)
    bound = stats.t.isf(alpha / 2, seeds - 1)
    noncentrality = detectable * math.sqrt(seeds) / 0.2
    assert stats.nct.sf(bound, seeds - 1, noncentrality) == pytest.approx(0.8, abs=1e-6)


def test_a_detectable_difference_is_found_at_its_rate():
    detectable = smallest_detectable(0.2, 6, alpha=0.05 / 3)
    differences = np.random.default_rng(6).normal(detectable, 0.2, (20_000, 6))
    found = np.mean(stats.ttest_1samp(differences, 0, axis=1).pvalue < 0.05 / 3)
    assert found == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / 20_000))


@pytest.mark.parametrize(("points", "by_normal", "by_t"), [(0.5, 2, 4), (0.3, 4, 7), (0.1, 36, 38)])
def test_seeds_for_a_difference(points, by_normal, by_t):
    # Seeds per arm for 80 % power at a deviation of .15 within each arm are often quoted as 2, 4
    # and 36: the two-sample normal formula n = 2 (z.975 + z.8)² σ² / δ², rounded up. It takes σ
    # for known, so it is too small for a t test of few pairs, whose differences deviate by √2 σ
    # where pairing removes nothing.
    z = stats.norm.isf(0.025) + stats.norm.isf(0.2)
    assert math.ceil(2 * (z * 0.15 / points) ** 2) == by_normal
    deviation = math.sqrt(2) * 0.15
    enough = [n for n in range(2, 50) if smallest_detectable(deviation, n) <= points]
    assert enough[0] == by_t


def test_few_seeds_and_a_small_alpha_give_a_number():
    assert smallest_detectable(0.1, 2, alpha=1e-8) > 1e6


@pytest.mark.parametrize(
    ("seeds", "alpha", "power"), [(1, 0.05, 0.8), (6, 0.0, 0.8), (6, 0.9, 0.8), (6, 0.05, 1.0)]
)
def test_detectable_refuses_what_has_no_answer(seeds, alpha, power):
    with pytest.raises(ValueError, match="seeds ≥ 2 and 0 < alpha < power < 1"):
        smallest_detectable(0.1, seeds, alpha, power)
