"""Classes, groups and single test images in evidence.json, from stored predictions, by hand."""

from dataclasses import replace

import pytest
import scipy

from augury.records.evidence import read_evidence
from augury.records.plan import Groups
from augury.study.judging.judge_study import judge_study
from helpers.studies import make_study

# Of 200 test images, whose classes are 0 to 9 in turn, the first so many are right.
NONE = [160, 160, 160, 160, 160, 160]
FLIP = [130, 132, 130, 131, 130, 132]


def arms_of(plan, folder):
    judge_study(plan, folder)
    evidence = read_evidence(folder.path / "evidence.json")
    return {arm.augmentation: arm for arm in evidence.arms}


def test_the_effect_on_each_class(tmp_path):
    flip = arms_of(*make_study(tmp_path, {"none": NONE, "flip": FLIP}))["flip"]
    by_name = {effect.name: effect for effect in flip.classes}
    assert list(by_name) == [str(digit) for digit in range(10)]
    # 16 of the 20 images of class 0 are right without, and 14, 14, 13, 14, 13, 14 with the arm:
    # images 0, 10, ..., 120 are under 130, image 130 is right where 131 or more are.
    zero = by_name["0"]
    assert (zero.images, zero.seeds) == (20, 6)
    assert zero.baseline_accuracy == pytest.approx(80)
    assert zero.accuracy == pytest.approx(100 * (13 + 14 + 13 + 14 + 13 + 14) / 6 / 20)
    assert zero.difference == pytest.approx(-12.5)
    # Over images: one is lost in half of the seeds and two in all. Others could reverse that.
    gains = [0] * 13 + [-50] + [-100] * 2 + [0] * 4
    over_images = scipy.stats.ttest_1samp(gains, 0).confidence_interval()
    assert zero.interval == pytest.approx(tuple(over_images))
    assert zero.false_discovery == 1
    assert not zero.found
    # The same three images are lost in every seed.
    assert by_name["5"].difference == pytest.approx(-15)
    assert by_name["5"].interval is None
    assert by_name["5"].false_discovery is None


def test_the_images_that_turned(tmp_path):
    flip = arms_of(*make_study(tmp_path, {"none": NONE, "flip": FLIP}))["flip"]
    turned = flip.turned
    assert (turned.seeds, turned.images) == (6, 200)
    # Image 130 is right in half of the seeds with the arm, which is not most.
    assert (turned.lost, turned.won) == (29, 0)
    first = turned.most_lost[0]
    assert (first.id, first.label, first.called) == (132, 2, 3)
    assert (first.right_without, first.right_with) == (6, 0)
    assert len(turned.most_lost) == 6
    assert turned.most_won == ()


def test_the_effect_on_groups_that_a_table_names(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": FLIP})
    # Images 100 to 149 are of the left camera, 150 to 199 of the right one, the others of none.
    groups = Groups("camera", ("left", "right"), tuple(range(100, 200)), (0,) * 50 + (1,) * 50, 100)
    digits = replace(plan.datasets["digits"], groups=groups)
    before = arms_of(plan, folder)["flip"]
    flip = arms_of(replace(plan, datasets={"digits": digits}), folder)["flip"]
    left, right = flip.groups
    assert (left.name, left.images, right.name, right.images) == ("left", 50, "right", 50)
    assert left.baseline_accuracy == pytest.approx(100)
    assert left.difference == pytest.approx(-100 * (150 - sum(FLIP) / 6) / 50)
    assert right.difference == pytest.approx(-20)
    assert left.found
    # Two groups are one family, in which the one without spread counts.
    p = scipy.stats.ttest_1samp([100 * (n - 150) / 50 for n in FLIP], 0).pvalue
    assert left.false_discovery == pytest.approx(2 * p)
    assert before.groups == ()
    assert flip.classes == before.classes


def test_nothing_is_said_without_predictions(tmp_path):
    plan, folder = make_study(tmp_path, {"none": NONE, "flip": [None] * 6})
    found = arms_of(plan, folder)
    for name in ("none", "flip"):
        assert (found[name].classes, found[name].groups, found[name].turned) == ((), (), None)
