import itertools
import math
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from augury.stats import mean_interval, studentised_interval, two_way_interval


def runs(rng, seeds, images, gain, effect):
    """Correct answers (S, N) of two arms: images differ in difficulty, seeds in luck."""
    difficulty = rng.normal(1.0, 1.0, images)
    luck = rng.normal(0.0, effect, (2, seeds, 1))
    chance = 1 / (1 + np.exp(-(difficulty + luck)))
    chance[0] += gain * (1 - chance[0])
    return rng.random((2, seeds, images)) < chance


def test_replicates_have_the_hand_computed_distribution():
    # Seeds differ by +1 and −1 images, whatever the image: an estimate is (k − (2 − k)) / 2 with
    # k ~ Binomial(2, ½), so 50 % of replicates are 0 and 25 % are −1 and +1 each.
    a = np.array([[True] * 4, [False] * 4])
    assert two_way_interval(a, ~a, confidence=0.9) == (-1.0, 1.0)
    assert two_way_interval(a, ~a, confidence=0.4) == (0.0, 0.0)


def test_one_seed_is_the_bootstrap_over_images():
    # 30 of 100 images won, none lost: the replicates are Binomial(100, .3) / 100, whose 2.5 % and
    # 97.5 % quantiles are .21 and .39.
    a = np.arange(100)[None] < 30
    low, high = two_way_interval(a, np.zeros_like(a))
    assert low == pytest.approx(0.21, abs=0.011)
    assert high == pytest.approx(0.39, abs=0.011)


def test_variance_equals_a_plain_two_way_bootstrap():
    rng = np.random.default_rng(1)
    a, b = runs(rng, 5, 60, gain=0.2, effect=0.4)
    difference = a.astype(float) - b
    plain = [
        difference[rng.integers(0, 5, 5)][:, rng.integers(0, 60, 60)].mean() for _ in range(20_000)
    ]
    expected = np.quantile(plain, (0.025, 0.975))
    # One image of one seed is 1/300.
    np.testing.assert_allclose(two_way_interval(a, b, replicates=20_000), expected, atol=0.01)


def test_coverage_where_seeds_bring_their_own_effect():
    many = runs(np.random.default_rng(3), 400, 4000, gain=0.1, effect=0.3)
    truth = many[0].mean() - many[1].mean()
    rng = np.random.default_rng(2)
    intervals = [
        two_way_interval(*runs(rng, 8, 200, 0.1, 0.3), 0.9, 300, seed) for seed in range(300)
    ]
    covered = np.mean([low <= truth <= high for low, high in intervals])
    # Four standard errors of 300 trials are .07.
    assert covered == pytest.approx(0.9, abs=0.07)


def test_three_times_the_variance_where_noise_is_of_seed_and_image_alone():
    # Owen 2007: independent noise in each cell is counted for its row, its column and itself.
    a, b = np.random.default_rng(7).random((2, 40, 400)) < 0.8
    low, high = two_way_interval(a, b, confidence=0.9)
    deviation = np.sqrt(2 * 0.8 * 0.2 / (40 * 400))
    assert high - low == pytest.approx(2 * 1.645 * np.sqrt(3) * deviation, rel=0.15)


def test_no_difference_at_all():
    a = np.random.default_rng(4).random((6, 50)) < 0.8
    assert two_way_interval(a, a) == (0.0, 0.0)


def test_seeded():
    a, b = runs(np.random.default_rng(5), 6, 80, gain=0.1, effect=0.1)
    first = two_way_interval(a, b, replicates=500, seed=1)
    assert first == two_way_interval(a, b, replicates=500, seed=1)
    assert first != two_way_interval(a, b, replicates=500, seed=2)


def test_blocks_cover_all_replicates(monkeypatch):
    # Ten replicates a block: the intervals stay those of one bootstrap.
    a, b = runs(np.random.default_rng(6), 4, 300, gain=0.3, effect=0.2)
    whole = two_way_interval(a, b)
    monkeypatch.setattr("augury.stats.bootstrap._BLOCK", 1000)
    np.testing.assert_allclose(two_way_interval(a, b), whole, atol=1e-12)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.integers(1, 40))
def test_swapped_arms_mirror_the_interval(seed, seeds, images):
    a, b = runs(np.random.default_rng(seed), seeds, images, gain=0.2, effect=0.5)
    low, high = two_way_interval(a, b, replicates=200)
    assert two_way_interval(b, a, replicates=200) == pytest.approx((-high, -low), abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 3)), "bool is needed"),
        (np.ones((2, 3), bool), np.ones((2, 4), bool), "one shape"),
        (np.ones(3, bool), np.ones(3, bool), "one shape"),
        (np.ones((2, 0), bool), np.ones((2, 0), bool), "one shape"),
    ],
)
def test_other_shapes_and_types_are_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        two_way_interval(a, b)


def exact_ratios(values):
    """Sorted (mean* − mean) / deviation* of all S^S equally likely resamples; ±∞ without spread."""
    mean = statistics.fmean(values)
    ratios = []
    for sample in itertools.product(values, repeat=len(values)):
        ahead = statistics.fmean(sample) - mean
        spread = statistics.pstdev(sample)
        ratios.append(ahead / spread if spread else math.copysign(math.inf, ahead))
    return sorted(ratios)


@pytest.mark.parametrize(
    ("confidence", "low", "high"), [(0.95, 0, 5), (0.8, 1 / 3, 11 / 3), (0.6, 2 / 3, 10 / 3)]
)
def test_mean_interval_by_hand(confidence, low, high):
    # The 27 resamples of 0, 1, 5 have the sums 0, 1, 2, 3, 5, 6, 7, 10, 11, 15, in 1, 3, 3, 1, 3,
    # 6, 3, 3, 3, 1 of them: up to the sum 0 are 3.7 %, 1 14.8 %, 2 25.9 %, 7 74.1 %, 10 85.2 %,
    # 11 96.3 %.
    expected = pytest.approx((low, high))
    assert mean_interval(np.array([0.0, 1, 5]), confidence) == expected


def test_mean_interval_equals_scipy():
    values = np.random.default_rng(8).normal(0.8, 0.1, 12)
    expected = stats.bootstrap(
        (values,), np.mean, n_resamples=40_000, method="percentile", rng=np.random.default_rng(9)
    ).confidence_interval
    # An end's standard error is some .0005 of either bootstrap.
    assert mean_interval(values, replicates=40_000) == pytest.approx(tuple(expected), abs=0.002)


@pytest.mark.parametrize("confidence", [0.8, 0.5])
def test_studentised_interval_equals_all_resamples(confidence):
    values = [0.0, 1.0, 5.0]
    ratios = exact_ratios(values)
    tail = int(27 * (1 - confidence) / 2)
    deviation = statistics.pstdev(values)
    expected = (2 - deviation * ratios[-1 - tail], 2 - deviation * ratios[tail])
    assert studentised_interval(np.array(values), confidence) == pytest.approx(expected)


def test_replicates_without_spread_make_an_end_infinite():
    # Of the 27 resamples, (0, 0, 0) and (1, 1, 1) are below the mean of 2 without spread, 7.4 %,
    # and (5, 5, 5) above it, 3.7 %. A tail of 5 % lies within the former, not within the latter.
    values = np.array([0.0, 1.0, 5.0])
    low, high = studentised_interval(values, confidence=0.9)
    assert low == pytest.approx(2 - statistics.pstdev(values) * exact_ratios(values)[-2])
    assert high == math.inf
    assert studentised_interval(values) == (-math.inf, math.inf)
    assert studentised_interval(np.array([0.0, 1.0])) == (-math.inf, math.inf)


def test_a_replicate_of_the_mean_alone_is_no_extreme():
    # (2, 2, 2) has no spread and no deviation either. Of the others, one of 27 is infinite on
    # each side, 3.7 %, which a tail of 5 % leaves out.
    low, high = studentised_interval(np.array([1.0, 2.0, 3.0]), confidence=0.9)
    # The next are (1, 1, 2) and its orders: −2/3 over a deviation of √2/3, so −√2; the deviation
    # of 1, 2, 3 is √(2/3).
    half = math.sqrt(2) * math.sqrt(2 / 3)
    assert (low, high) == pytest.approx((2 - half, 2 + half))


def test_few_skewed_values_are_covered_better_when_studentised():
    rng = np.random.default_rng(10)
    trials = rng.exponential(1.0, (1000, 10))

    def coverage(interval):
        ends = [interval(values, 0.95, 999, seed) for seed, values in enumerate(trials)]
        return np.mean([low <= 1 <= high for low, high in ends])

    percentile, studentised = coverage(mean_interval), coverage(studentised_interval)
    assert abs(studentised - 0.95) < abs(percentile - 0.95)
    # Four standard errors of 1,000 trials are .028; the percentile interval is further off.
    assert studentised == pytest.approx(0.95, abs=0.028)
    assert percentile < 0.95 - 0.028


@given(
    st.lists(st.integers(-50, 50), min_size=4, max_size=9).filter(lambda v: len(set(v)) > 1),
    st.sampled_from([0.5, 0.9, 0.95]),
    st.integers(0, 9),
)
def test_intervals_of_means_follow_sign_scale_and_place(values, confidence, seed):
    values = np.array(values, dtype=float)
    for interval in (mean_interval, studentised_interval):
        low, high = interval(values, confidence, 199, seed)
        assert low <= high
        mirrored = interval(-values, confidence, 199, seed)
        assert mirrored == pytest.approx((-high, -low), abs=1e-9)
        moved = interval(4 * values + 3, confidence, 199, seed)
        assert moved == pytest.approx((4 * low + 3, 4 * high + 3), abs=1e-9)


def test_the_ends_are_the_k_th_replicates():
    # 39 replicates at 95 %: k = ⌊40 · .025⌋ = 1, the extremes; 38 have none. At 90 %, k = ⌊20 ·
    # .05⌋ = 1 of 19, though .05 is not exact in binary.
    values = np.array([1.0, 2.0, 4.0, 7.0, 11.0])
    for replicates, confidence in ((39, 0.95), (19, 0.9)):
        draws = np.random.default_rng(3).choice(values, (replicates, 5))
        ratios = (draws.mean(axis=1) - 5) / draws.std(axis=1)
        deviation = statistics.pstdev(values)
        expected = (5 - deviation * ratios.max(), 5 - deviation * ratios.min())
        result = studentised_interval(values, confidence, replicates, seed=3)
        assert result == pytest.approx(expected)
        with pytest.raises(ValueError, match=f"replicates: at least {replicates} are needed"):
            studentised_interval(values, confidence, replicates - 1)


def test_equal_values():
    assert mean_interval(np.full(5, 0.25)) == (0.25, 0.25)
    # 0.1 + 0.2 is 0.3 but for rounding.
    with pytest.raises(ValueError, match="values: some spread is needed, all 2 are 0\\.3"):
        studentised_interval(np.array([0.1 + 0.2, 0.3]))


@pytest.mark.parametrize("interval", [mean_interval, studentised_interval])
@pytest.mark.parametrize("values", [[], [0.5], [0.5, np.nan], [0.5, np.inf], [[0.5, 0.6]]])
def test_intervals_of_means_refuse_other_values(interval, values):
    with pytest.raises(ValueError, match="values: a list of at least 2 finite numbers"):
        interval(np.array(values))


@pytest.mark.parametrize("interval", [mean_interval, studentised_interval])
@pytest.mark.parametrize("confidence", [0, 1, 95, np.nan])
def test_intervals_of_means_refuse_other_confidences(interval, confidence):
    with pytest.raises(ValueError, match="confidence: must be in \\(0, 1\\), got"):
        interval(np.array([0.5, 0.6]), confidence)
