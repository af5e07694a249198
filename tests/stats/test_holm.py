import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from augury.stats import holm

probabilities = hnp.arrays(
    np.float64, st.integers(1, 12), elements=st.one_of(st.floats(0, 1), st.just(np.nan))
)


def test_wikipedia_example():
    # "Holm–Bonferroni method", Wikipedia, its example with four hypotheses.
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_value_of_r():
    # p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm") is 0.04 0.06 0.06 0.06: 4 · .01, 3 · .02, and the
    # products .06 and .04 of the others, which may not fall.
    np.testing.assert_allclose(holm([0.01, 0.02, 0.03, 0.04]), [0.04, 0.06, 0.06, 0.06])


def test_values_of_r_multtest():
    # mt.rawp2adjp of R's multtest, as quoted in statsmodels/stats/tests/test_multi.py (pval0 and
    # the column "Holm" of res_multtest, which is sorted by p).
    p = np.array(
        [
            0.838541367553,
            0.642193923795,
            0.680845947633,
            0.967833824309,
            0.71626938238,
            0.177096952723,
            5.23656777208e-05,
            0.0202732688798,
            0.00028140506198,
            0.0149877310796,
        ]
    )
    by_rank = [5.23656777208e-04, 2.53264555782e-03, 1.199018486368e-01, 1.419128821586e-01]
    adjusted = holm(p)
    np.testing.assert_allclose(np.sort(adjusted), [*by_rank, *[1.0] * 6], rtol=1e-10)
    np.testing.assert_array_equal(np.argsort(adjusted, kind="stable")[:4], np.argsort(p)[:4])


def test_a_comparison_without_p_is_no_member_of_the_family():
    np.testing.assert_allclose(holm([np.nan, 0.02, np.nan, 0.03]), [np.nan, 0.04, np.nan, 0.04])
    assert holm([]).size == 0
    assert np.isnan(holm([np.nan])).all()


@given(probabilities)
def test_monotone_capped_and_between_raw_and_bonferroni(p):
    adjusted = holm(p)
    known = ~np.isnan(p)
    np.testing.assert_array_equal(np.isnan(adjusted), ~known)
    p, adjusted = p[known], adjusted[known]
    assert (adjusted >= p).all()
    assert (adjusted <= np.minimum(1, len(p) * p)).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


@pytest.mark.parametrize("p", [[-0.1], [0.5, 1.5], [[0.1, 0.2]]])
def test_other_values_are_refused(p):
    with pytest.raises(ValueError, match="in \\[0, 1\\]"):
        holm(p)
