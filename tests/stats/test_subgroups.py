"""Differences per class or group: by hand, against SciPy, and their false discovery rate."""

import numpy as np
import pytest
import scipy

from augury.stats import Rule, SubgroupScores, benjamini_hochberg, judge_subgroups, subgroup_scores

RULE = Rule()
SEEDS = 6


def scores(differences, image_error=0.1, images=50):
    return SubgroupScores(images, 80.0, 80.0, tuple(differences), image_error)


def test_scores_by_hand():
    # Class 0 has images 0 and 1, class 1 image 3, class 2 none; image 2 is in no class.
    correct = np.array([[1, 0, 1, 1], [1, 1, 0, 1]], dtype=bool)
    baseline = np.array([[1, 1, 0, 0], [1, 1, 0, 1]], dtype=bool)
    first, second, third = subgroup_scores(correct, baseline, np.array([0, 0, -1, 1]), 3)
    assert first.images == 2
    assert (first.accuracy, first.baseline_accuracy) == (75.0, 100.0)
    assert first.differences == (-50.0, 0.0)
    # Image 0 gains 0 points and image 1 loses 50 over the seeds: s = 35.36, s / √2 = 25.
    assert first.image_error == pytest.approx(25)
    assert second.differences == (100.0, 0.0)
    assert second.image_error is None
    assert third is None


def test_what_is_found_is_scipys_t_test_with_benjamini_and_hochberg():
    generator = np.random.default_rng(4)
    means = [0, 0, 4, -3, 1.5, 0]
    differences = [generator.normal(mean, 1, SEEDS) for mean in means]
    effects = judge_subgroups([scores(each, image_error=1e-9) for each in differences], RULE)
    p = [scipy.stats.ttest_1samp(each, 0).pvalue for each in differences]
    # An interval over images that holds 0 would make p 1; these are narrow.
    expected = scipy.stats.false_discovery_control(p)
    assert [e.false_discovery for e in effects] == pytest.approx(expected.tolist())
    assert [e.found for e in effects] == (expected <= 0.05).tolist()
    assert 0 < sum(e.found for e in effects) < len(effects)
    found = sum(e.found for e in effects)
    for effect, values in zip(effects, differences, strict=True):
        level = 0.05 * found / len(effects) if effect.found else 0.05
        error = values.std(ddof=1) / np.sqrt(SEEDS)
        reach = scipy.stats.t.ppf(1 - level / 2, SEEDS - 1) * error
        assert effect.interval == pytest.approx((values.mean() - reach, values.mean() + reach))
        assert effect.difference == pytest.approx(values.mean())


def test_what_is_found_has_an_interval_that_leaves_zero_out():
    generator = np.random.default_rng(5)
    for _ in range(20):
        many = [scores(generator.normal(m, 1, 8)) for m in generator.choice([0, 0, 2, -3], 12)]
        for effect in judge_subgroups(many, RULE):
            low, high = effect.interval
            assert not effect.found or low > 0 or high < 0


def test_few_test_images_are_not_taken_for_many():
    """One image of twelve that is lost in nearly every run is one image."""
    lost = (-8.3, -8.3, -8.3, -8.3, -8.3, 0.0)
    sure = scores(lost, image_error=0.5)
    doubtful = scores(lost, image_error=8.3, images=12)
    alone = scores(lost, image_error=None, images=1)
    assert [e.found for e in judge_subgroups([sure, doubtful, alone], RULE)] == [True, False, False]
    _, wide, none = judge_subgroups([sure, doubtful, alone], RULE)
    reach = scipy.stats.t.ppf(0.975, 11) * 8.3
    assert wide.interval == pytest.approx((np.mean(lost) - reach, np.mean(lost) + reach))
    assert none.interval is None


def test_where_no_test_applies_nothing_is_found_but_all_are_counted():
    same, few = scores([-1.0] * SEEDS), scores([-1.0, -1.1, -1.2])
    sure = scores([-1.0, -1.1, -1.2, -1.1, -1.0, -1.3], image_error=0.01)
    effects = judge_subgroups([same, few, sure], RULE)
    assert [e.false_discovery is None for e in effects] == [True, True, False]
    assert [e.found for e in effects] == [False, False, True]
    p = scipy.stats.ttest_1samp(sure.differences, 0).pvalue
    assert effects[2].false_discovery == pytest.approx(3 * p)


def test_no_subgroups():
    assert judge_subgroups([], RULE) == []


def test_the_false_discovery_rate_where_classes_take_images_from_each_other():
    """2,000 studies of 5 arms with one baseline and 8 classes; every second arm hurts two classes.

    The arms share the runs of the baseline, and what one class gains its neighbor mostly loses, so
    the p-values depend on each other in both directions. 0.05 is promised for independent ones.
    """
    generator = np.random.default_rng(6)
    studies, arms, classes, seeds = 2_000, 5, 8, 8
    runs = generator.standard_normal((studies, arms + 1, classes, seeds))
    runs[:, :, ::2] -= 0.8 * runs[:, :, 1::2]
    truth = np.zeros((arms, classes))
    truth[::2, :2] = -3
    x = runs[:, 1:] + truth[..., None] - runs[:, :1]
    t = x.mean(-1) / (x.std(-1, ddof=1) / np.sqrt(seeds))
    p = (2 * scipy.special.stdtr(seeds - 1, -np.abs(t))).reshape(studies, -1)
    is_null = (truth == 0).ravel()
    found = np.array([benjamini_hochberg(row) <= 0.05 for row in p])
    false = (found & is_null).sum(1) / np.maximum(1, found.sum(1))
    assert found[:, ~is_null].mean() > 0.5
    # The standard error of the rate is about 0.003.
    assert 0.02 < false.mean() <= 0.055
