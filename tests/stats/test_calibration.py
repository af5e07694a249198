import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import optimize, special
from sklearn.metrics import brier_score_loss, log_loss

from augury.stats import brier, calibration_error, fit_temperature, negative_log_likelihood

MEASURES = [negative_log_likelihood, brier, calibration_error, fit_temperature]
LOG3 = math.log(3)


def logits_of(*rows):
    """Logits whose softmax is the rows."""
    return np.log(np.array(rows))


def sampled(seed, samples, classes, spread=1.5):
    """Logits, and labels drawn by the probabilities that they stand for."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, spread, (samples, classes))
    chances = special.softmax(logits, axis=1).cumsum(axis=1)
    chances[:, -1] = 1
    return logits, (rng.random((samples, 1)) < chances).argmax(axis=1)


@st.composite
def sets(draw):
    """Logits in eighths, so that sums and differences of them are exact, and labels."""
    samples, classes = draw(st.integers(1, 12)), draw(st.integers(2, 5))
    eighths = hnp.arrays(np.int64, (samples, classes), elements=st.integers(-80, 80))
    labels = hnp.arrays(np.int64, samples, elements=st.integers(0, classes - 1))
    return draw(eighths) / 8, draw(labels)


def slow_calibration_error(logits, labels, bins):
    """Guo et al. 2017, equations 2 to 5, a sample and a bin at a time."""
    members = {m: [] for m in range(1, bins + 1)}
    for row, label in zip(logits, labels, strict=True):
        weights = [math.exp(value - max(row)) for value in row]
        confidence = max(weights) / sum(weights)
        called = list(row).index(max(row))
        bin_ = next(m for m in members if (m - 1) / bins < confidence <= m / bins)
        members[bin_].append((called == label, confidence))
    error = 0.0
    for inside in members.values():
        if inside:
            accuracy = sum(right for right, _ in inside) / len(inside)
            confidence = sum(confidence for _, confidence in inside) / len(inside)
            error += len(inside) / len(labels) * abs(accuracy - confidence)
    return error


def test_likelihood_and_brier_by_hand():
    # Two classes: p = ¼, ¾. The label has ¾, then ¼.
    logits, labels = np.array([[0, LOG3], [0, LOG3]]), np.array([1, 0])
    expected = (math.log(4 / 3) + math.log(4)) / 2
    assert negative_log_likelihood(logits, labels) == pytest.approx(expected, rel=1e-14)
    assert brier(logits, labels) == pytest.approx((2 / 16 + 18 / 16) / 2, rel=1e-14)
    # Three classes: .2, .3, .5, with the labels 2 and 0.
    logits, labels = logits_of([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]), np.array([2, 0])
    expected = (math.log(2) + math.log(5)) / 2
    assert negative_log_likelihood(logits, labels) == pytest.approx(expected, rel=1e-14)
    assert brier(logits, labels) == pytest.approx((0.38 + 0.98) / 2, rel=1e-14)


def test_likelihood_and_brier_at_their_ends():
    sure = np.array([[2000.0, 0.0, 0.0]])
    assert negative_log_likelihood(sure, np.array([0])) == 0
    # exp(−2000) is 0 in float64, its logarithm is not.
    assert negative_log_likelihood(sure, np.array([1])) == 2000
    assert (brier(sure, np.array([0])), brier(sure, np.array([1]))) == (0, 2)
    equal = np.zeros((1, 10))
    assert negative_log_likelihood(equal, np.array([3])) == pytest.approx(math.log(10))
    assert brier(equal, np.array([3])) == pytest.approx(0.9**2 + 9 * 0.1**2)


def test_likelihood_and_brier_equal_sklearn():
    logits, labels = sampled(1, 500, 7)
    expected = log_loss(labels, special.softmax(logits, axis=1), labels=range(7))
    assert negative_log_likelihood(logits, labels) == pytest.approx(expected)
    logits, labels = sampled(2, 500, 2)
    expected = 2 * brier_score_loss(labels, special.softmax(logits, axis=1)[:, 1])
    assert brier(logits, labels) == pytest.approx(expected)


def test_calibration_error_by_hand():
    # Two samples at .95, one right: |.5 − .95|; two at .65, both right: |1 − .65|; half of each.
    logits = logits_of([0.95, 0.05], [0.95, 0.05], [0.35, 0.65], [0.35, 0.65])
    labels = np.array([0, 1, 1, 1])
    assert calibration_error(logits, labels, bins=10) == pytest.approx((0.45 + 0.35) / 2)
    # In one bin: |.75 − .8|.
    assert calibration_error(logits, labels, bins=1) == pytest.approx(0.05)
    # Three classes, of which the first is called at .5 and is wrong.
    assert calibration_error(logits_of([0.5, 0.3, 0.2]), np.array([1])) == pytest.approx(0.5)


def test_an_edge_belongs_to_the_bin_below():
    # .5, wrong, is alone in (0, .5]; .75, right, in (.5, 1]: (.5 + .25)/2. In one bin with the
    # other, it would make |.5 − .625|.
    logits, labels = np.array([[0.0, 0.0], [LOG3, 0.0]]), np.array([1, 0])
    assert calibration_error(logits, labels, bins=2) == pytest.approx(0.375)


@pytest.mark.parametrize("bins", [1, 4, 15, 40])
def test_calibration_error_equals_a_slow_loop(bins):
    logits, labels = sampled(3, 400, 5)
    expected = slow_calibration_error(2 * logits, labels, bins)
    assert calibration_error(2 * logits, labels, bins) == pytest.approx(expected)


def test_fifteen_bins_by_default():
    logits, labels = sampled(4, 300, 5)
    assert calibration_error(logits, labels) == calibration_error(logits, labels, bins=15)


def test_temperature_by_hand():
    # p = ¼, ¾, and ¾ of the labels are the second: the likelihood is best as it is. Logits of
    # twice the size need a temperature of 2.
    logits, labels = np.tile([0, LOG3], (4, 1)), np.array([1, 1, 0, 1])
    assert fit_temperature(logits, labels) == pytest.approx(1, rel=1e-9)
    assert fit_temperature(2 * logits, labels) == pytest.approx(2, rel=1e-9)
    assert fit_temperature(logits / 4, labels) == pytest.approx(1 / 4, rel=1e-9)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_a_planted_temperature_is_recovered(temperature):
    logits, labels = sampled(5, 20_000, 10)
    fitted = fit_temperature(temperature * logits, labels)
    # The information on 1/T is the mean variance of the true logits under p, .91 a sample: a
    # standard error of T of .74 %, of which three are 2.2 %.
    assert fitted == pytest.approx(temperature, rel=0.022)
    # In one bin, the error is of accuracy alone: under 4 √(.25 / 20,000).
    assert calibration_error(temperature * logits / fitted, labels, bins=1) < 0.0142


def test_temperature_equals_a_search_by_scipy():
    logits, labels = sampled(6, 300, 4)
    logits *= 3

    def likelihood(log_temperature):
        return log_loss(labels, special.softmax(logits / math.exp(log_temperature), axis=1))

    found = optimize.minimize_scalar(likelihood, bounds=(-2, 3), options={"xatol": 1e-9})
    assert fit_temperature(logits, labels) == pytest.approx(math.exp(found.x), rel=1e-5)


def test_temperature_at_its_bounds():
    right, wrong = np.array([0, 1]), np.array([1, 0])
    for scale in (0.1, 10.0, 1e6):
        logits = scale * np.eye(2)
        assert fit_temperature(logits, right) == 0.05
        assert fit_temperature(logits, wrong) == 20.0
    # Right or level with the right one: more confidence never harms.
    assert fit_temperature(np.array([[1.0, 1.0, 0.0], [5.0, 1.0, 0.0]]), np.array([1, 0])) == 0.05
    # The best temperature is 100.
    logits = 100 * np.tile([0, LOG3], (4, 1))
    assert fit_temperature(logits, np.array([1, 1, 0, 1])) == 20.0


def test_equal_logits_fit_at_any_temperature():
    assert fit_temperature(np.full((3, 4), 2.0), np.array([0, 1, 2])) == 1.0


@given(sets(), st.integers(-800, 800))
def test_a_constant_added_to_a_row_changes_nothing(data, eighths):
    logits, labels = data
    moved = logits.copy()
    moved[0] += eighths / 8
    for measure in MEASURES:
        assert measure(moved, labels) == measure(logits, labels)


@given(sets())
def test_ranges_and_what_temperature_does(data):
    logits, labels = data
    assert negative_log_likelihood(logits, labels) >= 0
    assert 0 <= brier(logits, labels) <= 2
    assert 0 <= calibration_error(logits, labels) <= 1
    temperature = fit_temperature(logits, labels)
    assert 0.05 <= temperature <= 20
    cooled = logits / temperature
    np.testing.assert_array_equal(cooled.argmax(axis=1), logits.argmax(axis=1))
    before, after = (negative_log_likelihood(values, labels) for values in (logits, cooled))
    assert after <= before + 1e-12


@given(sets(), st.randoms())
def test_the_order_of_samples_and_classes_does_not_matter(data, random):
    logits, labels = data
    rows = random.sample(range(len(labels)), len(labels))
    classes = np.array(random.sample(range(logits.shape[1]), logits.shape[1]))
    # Class k is now at classes[k]. Ties are called by their order, so calibration is left out.
    permuted = np.empty_like(logits)
    permuted[:, classes] = logits
    for measure in (negative_log_likelihood, brier, fit_temperature):
        expected = pytest.approx(measure(logits, labels), rel=1e-6)
        assert measure(permuted[rows], classes[labels][rows]) == expected


def test_single_precision_is_computed_in_double():
    logits, labels = sampled(7, 200, 4)
    single = logits.astype(np.float32)
    for measure in MEASURES:
        assert measure(single, labels) == measure(single.astype(np.float64), labels)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([[0.0, np.nan], [0.0, 1.0]], [0, 1], "logits: finite numbers are needed, 1 of 2 rows"),
        ([[0.0, -np.inf], [np.inf, 1.0]], [0, 1], "logits: finite numbers are needed, 2 of 2"),
        (np.zeros((0, 3)), np.zeros(0, int), "logits: .* got shape \\(0, 3\\)"),
        (np.zeros((3, 1)), [0, 0, 0], "logits: .* got shape \\(3, 1\\)"),
        (np.zeros(3), [0, 0, 0], "logits: .* got shape \\(3,\\)"),
        (np.zeros((2, 3)), [0, 3], "labels: must be in \\[0, 3\\), got 0 to 3"),
        (np.zeros((2, 3)), [-1, 2], "labels: must be in \\[0, 3\\), got -1 to 2"),
        (np.zeros((2, 3)), [0], "labels: 2 integers are needed, got int64 of shape \\(1,\\)"),
        (np.zeros((2, 3)), [0.0, 1.0], "labels: 2 integers are needed, got float64"),
    ],
)
def test_other_inputs_are_refused(measure, logits, labels, message):
    with pytest.raises(ValueError, match=message):
        measure(np.array(logits), np.array(labels))


def test_no_bins():
    with pytest.raises(ValueError, match="bins: must be ≥ 1, got 0"):
        calibration_error(np.zeros((2, 3)), np.array([0, 1]), bins=0)
