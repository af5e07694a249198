import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.stats import two_way_interval


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
