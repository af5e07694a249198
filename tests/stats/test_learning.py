import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.stats import final_slope, is_still_learning, next_epochs, rise_of

shares = st.lists(st.floats(0, 1), min_size=2, max_size=50).map(np.array)


@given(shares)
def test_the_slope_is_that_of_the_line_through_the_last_quarter(accuracies):
    last = accuracies[-max(2, -(-len(accuracies) // 4)) :]
    expected, _ = np.polyfit(np.arange(len(last)), last, 1)
    assert final_slope(accuracies) == pytest.approx(expected, abs=1e-9)


def test_by_hand():
    """Of eight epochs the last two count: two points an epoch, four in a quarter of the epochs."""
    slope = final_slope(np.array([0.1, 0.9, 0.2, 0.8, 0.3, 0.7, 0.60, 0.62]))
    assert slope == pytest.approx(0.02)
    assert rise_of(slope, 8) == pytest.approx(4)
    assert rise_of(None, 8) is None


@pytest.mark.parametrize("accuracies", [[], [0.5], [0.5, np.nan]])
def test_no_line_goes_through_less_than_two_known_epochs(accuracies):
    assert final_slope(np.array(accuracies)) is None


@pytest.mark.parametrize(
    ("right", "rise", "expected"),
    [
        (None, 3.0, None),
        (0.99, 3.0, False),  # it has learned its images
        (0.989, 0.49, False),  # it has not, and learns no more
        (0.989, 0.5, True),
        (0.989, None, True),  # a single epoch
        (0.4, -2.0, False),
    ],
)
def test_a_network_is_still_learning_where_images_are_left_and_accuracy_rises(
    right, rise, expected
):
    assert is_still_learning(right, rise) is expected


def test_the_next_budget_is_larger_where_more_is_left_to_learn():
    assert next_epochs(12, 0.95) == 24
    assert next_epochs(12, 0.62) == 48
