"""Differences per class or group: by hand, against SciPy, and their false discovery rate."""

import numpy as np
import pytest
import scipy

from augury.stats import (
    Rule,
    SubgroupScores,
    benjamini_hochberg,
    e_benjamini_hochberg,
    e_of_maximum,
    judge_subgroups,
    largest_e_value,
    subgroup_scores,
)

RULE, RACE = Rule(), Rule(design="race")
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


@pytest.mark.parametrize("rule", [RULE, RACE], ids=["fixed", "race"])
def test_no_subgroups(rule):
    assert judge_subgroups([], rule) == []


def bayes_factor(x, c2):
    """The formula of Wang & Ramdas (arXiv:2310.03722), as it is written."""
    n, total, squares = len(x), sum(x), sum(value**2 for value in x)
    ratio = (n + c2) * squares / ((n + c2) * squares - total**2)
    return np.sqrt(c2 / (n + c2)) * ratio ** (n / 2)


def test_a_races_findings_are_e_bh_on_the_adjusted_maxima():
    generator = np.random.default_rng(7)
    many = [generator.normal(mean, 1, 20) for mean in (0, 4, -3, 1, 0, 0)]
    effects = judge_subgroups([scores(each, image_error=1e-9) for each in many], RACE)
    e = [
        np.sqrt(max([1.0, *(bayes_factor(x[:n], RACE.mixing) for n in range(2, 21))])) - 1
        for x in many
    ]
    ordered = sorted(e, reverse=True)
    kept = max(k for k in range(1, 7) if k * ordered[k - 1] / 6 >= 1 / 0.05)
    assert [effect.found for effect in effects] == [value >= ordered[kept - 1] for value in e]
    assert 0 < kept < 6
    for effect in effects:
        assert not effect.found or not effect.interval[0] <= 0 <= effect.interval[1]


def test_a_race_without_a_finite_sequence_has_no_interval():
    (effect,) = judge_subgroups([scores([1.0, 2.0])], RACE)
    assert effect.interval is None
    assert not effect.found


def simulated(generator, studies, arms, classes, seeds):
    """((studies, arms × classes, seeds) differences, (arms × classes,) true ones).

    The arms share the runs of the baseline, and what one class gains its neighbor mostly loses, so
    that evidence depends on other evidence in both directions. Every second arm hurts two classes.
    """
    runs = generator.standard_normal((studies, arms + 1, classes, seeds))
    runs[:, :, ::2] -= 0.8 * runs[:, :, 1::2]
    truth = np.zeros((arms, classes))
    truth[::2, :2] = -3
    x = runs[:, 1:] + truth[..., None] - runs[:, :1]
    return x.reshape(studies, arms * classes, seeds), truth.ravel()


def false_share(found, truth):
    """The mean over studies of the share of what is found that is chance."""
    false = (found & (truth == 0)).sum(1) / np.maximum(1, found.sum(1))
    return false.mean()


def test_the_false_discovery_rate_of_fixed_designs():
    seeds = 8
    x, truth = simulated(np.random.default_rng(6), studies=2_000, arms=5, classes=8, seeds=seeds)
    t = x.mean(-1) / (x.std(-1, ddof=1) / np.sqrt(seeds))
    p = 2 * scipy.special.stdtr(seeds - 1, -np.abs(t))
    found = np.array([benjamini_hochberg(row) <= 0.05 for row in p])
    assert found[:, truth != 0].mean() > 0.5
    # 0.05 is promised for independent ones; the standard error of the rate is about 0.003.
    assert 0.02 < false_share(found, truth) <= 0.055


def test_the_false_discovery_rate_of_races_that_stop_at_the_worst_moment():
    """Each process is taken at its largest value, wherever it was stopped before or after that."""
    x, truth = simulated(np.random.default_rng(8), studies=500, arms=5, classes=8, seeds=30)
    e = e_of_maximum(largest_e_value(x)[..., -1])
    found = np.array([e_benjamini_hochberg(row) <= 0.05 for row in e])
    assert found[:, truth != 0].mean() > 0.5
    assert false_share(found, truth) <= 0.05
