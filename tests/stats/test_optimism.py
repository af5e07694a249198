import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from augury.stats import best_epoch_optimism


@pytest.mark.parametrize(
    ("accuracies", "chosen", "expected"),
    [
        ([0.5, 0.75, 0.625], 2, 0.125),  # the last epoch is reported, the second was the best
        ([0.5, 0.75, 0.625], 1, 0.0),
        ([0.5, 0.75, 0.625], 0, 0.25),
        ([50.0, 75.0, 62.5], 2, 12.5),  # points
        ([0.5, np.nan, 0.25, np.nan], 2, 0.25),  # epochs that were not evaluated
        ([0.5], 0, 0.0),
    ],
)
def test_by_hand(accuracies, chosen, expected):
    assert best_epoch_optimism(np.array(accuracies), chosen) == expected


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.data())
def test_never_negative_and_nothing_for_the_best(accuracies, data):
    values = np.array(accuracies)
    chosen = data.draw(st.integers(0, len(values) - 1))
    assert best_epoch_optimism(values, chosen) == max(accuracies) - accuracies[chosen] >= 0
    assert best_epoch_optimism(values, accuracies.index(max(accuracies))) == 0


def test_a_planted_picker_is_caught():
    # Twenty epochs of one model, whose accuracies on 1,000 images differ by chance alone, with a
    # deviation of √(.9 · .1 / 1000) = .0095: the best of twenty independent normal values is 1.867
    # deviations above any one of them on average (table of normal order statistics).
    rng = np.random.default_rng(1)
    runs = rng.binomial(1000, 0.9, (2000, 20)) / 1000
    found = np.mean([best_epoch_optimism(run, 19) for run in runs])
    assert found == pytest.approx(1.867 * 0.0095, rel=0.05)


@pytest.mark.parametrize(
    ("accuracies", "chosen", "message"),
    [
        ([0.5, np.nan], 1, "cannot say: the chosen epoch's, 1, is not a number"),
        ([np.nan], 0, "cannot say: the chosen epoch's, 0, is not a number"),
        ([0.5, 0.6], 2, "chosen: must be in \\[0, 2\\), got 2"),
        ([0.5, 0.6], -1, "chosen: must be in \\[0, 2\\), got -1"),
        ([], 0, "chosen: must be in \\[0, 0\\), got 0"),
        ([0.5, np.inf], 0, "accuracies: one an epoch, finite or NaN"),
        ([[0.5, 0.6]], 0, "accuracies: one an epoch, finite or NaN"),
    ],
)
def test_other_values_are_refused(accuracies, chosen, message):
    with pytest.raises(ValueError, match=message):
        best_epoch_optimism(np.array(accuracies), chosen)
