import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from augury.stats import friedman

# Demšar, "Statistical comparisons of classifiers over multiple data sets", JMLR 7 (2006), table 6:
# AUC of C4.5, C4.5+m, C4.5+cf and C4.5+m+cf on 14 data sets of UCI. He prints both last figures of
# the 13th as .975, with the ranks 2 and 3: the third arm was ahead in digits that he left out.
C45 = np.array(
    [
        [0.763, 0.768, 0.771, 0.798],
        [0.599, 0.591, 0.590, 0.569],
        [0.954, 0.971, 0.968, 0.967],
        [0.628, 0.661, 0.654, 0.657],
        [0.882, 0.888, 0.886, 0.898],
        [0.936, 0.931, 0.916, 0.931],
        [0.661, 0.668, 0.609, 0.685],
        [0.583, 0.583, 0.563, 0.625],
        [0.775, 0.838, 0.866, 0.875],
        [1.000, 1.000, 1.000, 1.000],
        [0.940, 0.962, 0.965, 0.962],
        [0.619, 0.666, 0.614, 0.669],
        [0.972, 0.981, 0.9751, 0.975],
        [0.957, 0.978, 0.946, 0.970],
    ]
)

# Hollander & Wolfe, Nonparametric Statistical Methods (1973), p. 140: seconds to round first base
# by "round out", "narrow angle" and "wide angle", 22 players; `RoundingTimes` in R's friedman.test.
ROUNDING_TIMES = np.array(
    [
        *([5.40, 5.50, 5.55], [5.85, 5.70, 5.75], [5.20, 5.60, 5.50], [5.55, 5.50, 5.40]),
        *([5.90, 5.85, 5.70], [5.45, 5.55, 5.60], [5.40, 5.40, 5.35], [5.45, 5.50, 5.35]),
        *([5.25, 5.15, 5.00], [5.85, 5.80, 5.70], [5.25, 5.20, 5.10], [5.65, 5.55, 5.45]),
        *([5.60, 5.35, 5.45], [5.05, 5.00, 4.95], [5.50, 5.50, 5.40], [5.45, 5.55, 5.50]),
        *([5.55, 5.55, 5.35], [5.45, 5.50, 5.55], [5.50, 5.45, 5.25], [5.65, 5.60, 5.40]),
        *([5.70, 5.65, 5.55], [6.30, 6.30, 6.25]),
    ]
)

tables = hnp.arrays(
    np.float64,
    st.tuples(st.integers(2, 8), st.integers(3, 6)),
    elements=st.integers(0, 9).map(float),
).filter(lambda table: np.ptp(table, axis=1).any())


def test_demsar_s_example():
    result = friedman(C45)
    assert result.mean_ranks == pytest.approx((3.143, 2.000, 2.893, 1.964), abs=5e-4)
    assert result.critical_difference == pytest.approx(1.25, abs=0.005)
    assert friedman(C45, alpha=0.1).critical_difference == pytest.approx(1.12, abs=0.005)
    # His χ² of 9.28 and F of 3.69 are not corrected for ties; from our ranks, by his formulas:
    ranks = np.array(result.mean_ranks)
    plain = 12 * 14 / (4 * 5) * ((ranks**2).sum() - 4 * 5**2 / 4)
    assert plain == pytest.approx(9.28, abs=0.005)
    assert 13 * plain / (14 * 3 - plain) == pytest.approx(3.69, abs=0.005)
    # Ties of t arms take t³ − t off N A (A² − 1): a pair in each of three rows, all four in one.
    corrected = plain / (1 - (3 * 6 + 60) / (14 * 4 * 15))
    assert result.statistic == pytest.approx(corrected)
    f = 13 * corrected / (14 * 3 - corrected)
    assert result.iman_davenport_p == pytest.approx(stats.f.sf(f, 3, 39))


def test_value_of_r():
    # friedman.test(RoundingTimes): chi-squared = 11.143, df = 2, p-value = 0.003805. Higher is
    # better here, so that the slowest way gets the lowest rank.
    result = friedman(ROUNDING_TIMES)
    assert result.statistic == pytest.approx(11.143, abs=5e-4)
    assert result.p == pytest.approx(0.003805, abs=5e-7)
    opposite = friedman(-ROUNDING_TIMES).mean_ranks
    assert result.mean_ranks == pytest.approx(tuple(4 - rank for rank in opposite))
    assert result.mean_ranks.index(max(result.mean_ranks)) == 2


@pytest.mark.parametrize(
    ("arms", "q05", "q10"), [(3, 2.343, 2.052), (4, 2.569, 2.291), (7, 2.949, 2.693)]
)
def test_nemenyi_s_critical_values(arms, q05, q10):
    # Demšar 2006, table 5 (a): CD = q √(A (A + 1) / 6N).
    scores = np.random.default_rng(1).random((9, arms))
    scale = math.sqrt(arms * (arms + 1) / (6 * 9))
    assert friedman(scores).critical_difference == pytest.approx(q05 * scale, abs=1e-3 * scale)
    assert friedman(scores, 0.1).critical_difference == pytest.approx(q10 * scale, abs=1e-3 * scale)


@given(tables)
def test_equals_scipy_and_an_analysis_of_variance_of_the_ranks(table):
    result = friedman(table)
    expected = stats.friedmanchisquare(*table.T)
    assert (result.statistic, result.p) == pytest.approx((expected.statistic, expected.pvalue))
    ranks = np.array([stats.rankdata(-row) for row in table])
    assert result.mean_ranks == pytest.approx(tuple(ranks.mean(axis=0)))
    # Iman and Davenport's F is that of arms in a two-way table of ranks without replication.
    problems, arms = table.shape
    between = problems * ((ranks.mean(axis=0) - (arms + 1) / 2) ** 2).sum()
    within = ((ranks - ranks.mean(axis=0)) ** 2).sum() - (
        arms * ((ranks.mean(axis=1) - (arms + 1) / 2) ** 2).sum()
    )
    if within > 1e-9:
        f = (problems - 1) * between / within
        p = stats.f.sf(f, arms - 1, (arms - 1) * (problems - 1))
        assert result.iman_davenport_p == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("row", [[0.1, 0.3, 0.2], [0.1, 0.3, 0.1]])
def test_full_agreement_has_the_p_of_all_orders(row):
    orders = set(itertools.permutations(row))
    tables = list(itertools.product(orders, repeat=3))
    expected = sum(len(set(table)) == 1 for table in tables) / len(tables)
    result = friedman(np.array([row] * 3))
    assert result.iman_davenport_p == pytest.approx(expected)
    assert result.statistic == pytest.approx(3 * 2)


def test_full_agreement_of_many_problems():
    assert friedman(np.tile(np.arange(10.0), (200, 1))).iman_davenport_p == 0.0


def test_ties_survive_rounding():
    # 0.1 + 0.2 and 0.3 differ in the last bit.
    scores = np.array([[0.1 + 0.2, 0.3, 0.1], [0.5, 0.5, 0.4], [0.2, 0.3, 0.4]])
    assert friedman(scores).mean_ranks == pytest.approx((6 / 3, 5 / 3, 7 / 3))


@given(tables, st.randoms())
def test_only_the_order_within_a_problem_counts(table, random):
    result = friedman(table)
    shifts = np.array([random.choice([-4.0, 0.0, 8.0]) for _ in table])[:, None]
    assert friedman(table**3 + shifts) == result
    order = random.sample(range(table.shape[1]), table.shape[1])
    permuted = friedman(table[:, order])
    assert permuted.mean_ranks == tuple(result.mean_ranks[arm] for arm in order)
    assert permuted.p == pytest.approx(result.p)


def test_equal_arms_are_rarely_told_apart():
    rng = np.random.default_rng(2)
    results = [friedman(rng.random((15, 4))) for _ in range(500)]
    for p in ([r.p for r in results], [r.iman_davenport_p for r in results]):
        # Four standard errors of 500 trials are .039.
        assert np.mean(np.array(p) < 0.05) == pytest.approx(0.05, abs=0.039)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (np.ones(4), "scores: one row a problem is needed, got shape \\(4,\\)"),
        (np.ones((1, 4)), "cannot say: ranks need at least 2 problems, got 1"),
        (np.ones((0, 4)), "cannot say: ranks need at least 2 problems, got 0"),
        (np.ones((4, 2)), "cannot say: Friedman's test needs at least 3 arms, got 2"),
        (np.array([[1, 2, np.nan], [1, np.inf, 3]]), "cannot say: 2 of 6 are not finite numbers"),
        (np.ones((3, 3)), "cannot say: the arms are equal on every problem"),
    ],
)
def test_where_ranks_say_nothing(scores, message):
    with pytest.raises(ValueError, match=message):
        friedman(scores)


@pytest.mark.parametrize("alpha", [0, 1, np.nan])
def test_other_alphas_are_refused(alpha):
    with pytest.raises(ValueError, match="alpha: must be in \\(0, 1\\), got"):
        friedman(C45, alpha)
