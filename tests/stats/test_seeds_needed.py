import math

import pytest
from scipy import stats

from augury.stats import Rule, rule_power, rule_seeds, t_test_seeds

# Runs that deviate by 0.15 points and do not correlate.
DEVIATION = 0.15 * math.sqrt(2)


def power(difference, seeds):
    """Of the two-sided paired t test at 5 %, by SciPy."""
    bound = stats.t.ppf(0.975, seeds - 1)
    noncentrality = difference / DEVIATION * math.sqrt(seeds)
    return stats.nct.sf(bound, seeds - 1, noncentrality)


@pytest.mark.parametrize(("difference", "seeds"), [(0.5, 4), (0.3, 7), (0.2, 11), (0.1, 38)])
def test_a_t_test_needs_the_published_numbers(difference, seeds):
    assert t_test_seeds(difference, DEVIATION) == seeds
    assert power(difference, seeds - 1) < 0.8 <= power(difference, seeds)


def test_the_whole_rule_needs_more():
    needed = rule_seeds(0.3, DEVIATION, 11)
    assert needed > t_test_seeds(0.3, DEVIATION)
    assert (
        rule_power(0.3, DEVIATION, needed, 11) >= 0.8 > rule_power(0.3, DEVIATION, needed - 1, 11)
    )
    assert rule_seeds(0.5, DEVIATION, rule=Rule(min_seeds=9)) == 9


def test_what_no_number_of_seeds_finds_is_none():
    assert t_test_seeds(0.01, DEVIATION) is None
    assert rule_seeds(0.2, DEVIATION) is None


def test_values_out_of_range_are_refused():
    with pytest.raises(ValueError, match=r"must be over 0, got 0 and 0\.2"):
        t_test_seeds(0.0, 0.2)
