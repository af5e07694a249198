"""What is asked again under each condition, what it costs, and what is found."""

import math
from dataclasses import replace

import pytest

from augury.augment.registry import build_augmentation
from augury.augment.strength import STRENGTHS
from augury.errors import InputError
from augury.records.group_split import GroupSplit
from augury.records.plan import Plan
from augury.records.verdicts import ArmVerdict
from augury.study.confirming.asking import ask
from augury.study.confirming.conditions import CONDITIONS, chosen_conditions
from augury.study.confirming.pricing import Price, afforded, prices
from augury.study.confirming.reading import find
from augury.study.confirming.strengths import at_strength, find_at_strength
from augury.study.store import StudyFolder
from helpers.studies import make_study, quick_plan, quick_settings

# What becomes of a verdict, by hand.
FINDINGS = {
    ("helps", "helps"): "holds",
    ("helps", "hurts"): "flips",
    ("helps", "no difference"): "fades",
    ("helps", "not decided"): "not decided",
    ("helps", "not shown"): "not decided",
    ("helps", "cannot say"): "cannot say",
    ("hurts", "hurts"): "holds",
    ("hurts", "helps"): "flips",
    ("hurts", "no difference"): "fades",
    ("hurts", "not decided"): "not decided",
    ("hurts", "not shown"): "not decided",
    ("hurts", "cannot say"): "cannot say",
}


@pytest.mark.parametrize(("verdicts", "finding"), FINDINGS.items(), ids="-".join)
def test_what_becomes_of_a_verdict(verdicts, finding):
    assert find(*verdicts) == finding


@pytest.mark.parametrize(
    ("arm", "half", "twice"),
    [
        ("cutout", "cutout@0.5", "cutout@2"),
        ("flip+cutout", "flip+cutout@0.5", "flip+cutout@2"),
        ("cutout@0.5", "cutout@0.25", "cutout"),
        ("cutout@1.5", "cutout@0.75", "cutout@3"),
        ("flip", "flip", "flip"),
        ("mixup", "mixup@0.5", "mixup"),  # it mixes all images already
        ("mixup+cutout", "mixup@0.5+cutout@0.5", "mixup+cutout@2"),
        ("mine+cutout", "mine+cutout@0.5", "mine+cutout@2"),
    ],
)
def test_half_and_twice_the_strength(arm, half, twice):
    described = {"mine": {"name": "chain", "parts": [{"name": "flip"}]}}
    assert at_strength(arm, 0.5, described) == half
    assert at_strength(arm, 2.0, described) == twice
    there = {half, twice, "none"}
    assert find_at_strength(arm, 0.5, there) == (half if half != arm else None)
    assert find_at_strength(arm, 2.0, there) == (twice if twice != arm else None)


@pytest.mark.parametrize("name", sorted(STRENGTHS))
def test_half_the_strength_of_each_method_that_has_one(name):
    half = at_strength(name, 0.5, {})
    assert half == f"{name}@0.5"
    build_augmentation(half, {}, lambda kind: lambda batch: batch.images)


def decided(arm="cutout", verdict="helps", after=8, dataset="digits"):
    return ArmVerdict(
        dataset=dataset,
        model="small",
        augmentation=arm,
        baseline="none",
        seeds=tuple(range(after or 6)),
        accuracy=91.0,
        baseline_accuracy=90.0,
        difference=1.0,
        verdict=verdict,
        words="",
        decided_after=after,
    )


def asked(conditions=tuple(CONDITIONS), arms=("cutout",), **changes):
    settings = quick_settings(augmentations=["none", "flip", "cutout"], seeds=None, **changes)
    plan = quick_plan(settings)
    found, lines = ask(settings, plan, [decided(arm) for arm in arms], conditions)
    return plan, {each.condition: each for each in found}, lines


def test_each_condition_changes_one_thing():
    plan, found, lines = asked()
    assert lines == []
    before = plan.cells[0].recipe
    assert (before.epochs, before.train_limit) == (2, 60)
    recipes = {name: each.settings.recipe for name, each in found.items()}
    assert recipes == {
        "twice-epochs": replace(before, epochs=4),
        "half-data": replace(before, train_limit=30),
        "full-data": replace(before, train_limit=None),
        "half-strength": before,
        "twice-strength": before,
    }
    arms = {name: each.settings.augmentations for name, each in found.items()}
    assert arms == dict.fromkeys(["twice-epochs", "half-data", "full-data"], ("none", "cutout")) | {
        "half-strength": ("none", "cutout@0.5"),
        "twice-strength": ("none", "cutout@2"),
    }
    for each in found.values():
        assert each.settings.race
        assert each.settings.baseline == "none"
        # Nothing else is measured or chosen anew.
        assert (each.settings.layout, each.settings.precision) == ("contiguous", "float32")
        assert each.settings.name == f"digits, {CONDITIONS[each.condition].title}"


def test_what_cannot_be_asked_is_said():
    _, found, lines = asked(arms=("flip",), recipe={"train_limit": None})
    assert set(found) == {"twice-epochs", "half-data"}
    # 1,797 digits, less 30 % of test images, less 30 % of those for validation.
    assert found["half-data"].settings.recipe.train_limit == 881 // 2
    assert lines == [
        "full-data is left out: the study trains on all training images",
        "half-strength: flip has none",
        "twice-strength: flip has none",
    ]
    _, found, lines = asked(("half-data",), recipe={"train_limit": 19})
    assert not found
    assert lines == ["half-data is left out: half of 19 training images is too few for 10 classes"]


def test_half_of_data_sets_of_several_sizes_and_of_groups_left_out():
    settings = quick_settings(augmentations=["none", "cutout"], seeds=None)
    plan = quick_plan(settings)
    digits = plan.datasets["digits"]
    few = replace(digits, train=50)
    two = replace(plan, datasets={"digits": digits, "few": few})
    found, lines = ask(settings, two, [decided()], ("half-data",))
    assert not found
    assert lines == [
        "half-data is left out: the data sets have different numbers of training images"
    ]
    # Three people of 40, 30 and 50 images of two classes; without validation 80, 90 and 70 are
    # trained on, 60 of them at most: half of the fewest.
    people = GroupSplit(
        column="person",
        names=("a", "b", "c"),
        ids=tuple(range(120)),
        of=(0,) * 40 + (1,) * 30 + (2,) * 50,
        counts=((20, 20), (15, 15), (25, 25)),
        turns=((0,), (1,), (2,)),
    )
    split = replace(digits, split=people, classes=("x", "y"))
    for limit, half in ((None, 35), (60, 30)):
        recipe = replace(plan.cells[0].recipe, train_limit=limit, validation=0.0)
        cells = tuple(replace(cell, recipe=recipe) for cell in plan.cells)
        turned = replace(plan, datasets={"digits": split}, cells=cells)
        found, _ = ask(settings, turned, [decided()], ("half-data", "full-data"))
        recipes = [each.settings.recipe.train_limit for each in found]
        assert recipes == ([half] if limit is None else [half, None])


def test_names_of_conditions():
    assert chosen_conditions(None) == tuple(CONDITIONS)
    assert chosen_conditions(["half-data", "twice-epochs"]) == ("twice-epochs", "half-data")
    with pytest.raises(
        InputError, match=r"unknown condition 'twice'\. Did you mean 'twice-epochs'"
    ):
        chosen_conditions(["twice"])
    with pytest.raises(InputError, match="conditions: at least one is needed of twice-epochs, "):
        chosen_conditions([])


def test_the_price_of_each_condition(tmp_path):
    """Every made-up run took a second, for 2 epochs of 60 images in batches of 20: 6 steps."""
    right = {"none": [100] * 8, "cutout": [110] * 8}
    plan, folder = make_study(tmp_path / "s", right, epochs=2)
    settings = quick_settings(augmentations=["none", "cutout"], seeds=8)
    arms = [decided()]
    found, _ = ask(settings, plan, arms, tuple(CONDITIONS))
    folders = [folder.path, *(tmp_path / each.condition for each in found)]
    costs = dict(zip(CONDITIONS, prices(found, plan, arms, folders, at_once=2), strict=True))
    # 8 seeds of arm and baseline, at 12 steps in place of 6, two at once; of 30 images 2 steps an
    # epoch are left of 3; of all 881 it is 44, as the last batch is dropped or kept.
    assert costs["twice-epochs"] == Price(16, 16 * 2 / 2)
    assert costs["half-data"].runs == 16
    assert costs["half-data"].seconds == pytest.approx(16 * (2 / 3) / 2, rel=0.35)
    assert costs["full-data"].seconds == pytest.approx(16 * (44 / 3) / 2, rel=0.05)
    # The baseline's runs are there already.
    assert costs["half-strength"] == costs["twice-strength"] == Price(8, 8 / 2)


def test_what_is_afforded():
    costs = [Price(10, 60.0), Price(10, 100.0), Price(10, None), Price(10, 30.0)]
    assert afforded(costs, math.inf) == [True] * 4
    assert afforded(costs, 95.0) == [True, False, True, True]
    assert afforded(costs, 59.0) == [False, False, True, True]


def test_unfinished_runs_have_no_known_price(tmp_path):
    plan, folder = make_study(tmp_path / "s", {"none": [None] * 6, "cutout": [None] * 6})
    bare = replace(plan, speed={k: replace(v, milliseconds={}) for k, v in plan.speed.items()})
    assert isinstance(bare, Plan)
    settings = quick_settings(augmentations=["none", "cutout"], seeds=6)
    found, _ = ask(settings, bare, [decided()], ("twice-epochs",))
    (price,) = prices(found, bare, [decided()], [folder.path, tmp_path / "c"], at_once=1)
    assert price == Price(16, None)
    assert not StudyFolder(tmp_path / "c").plan_file.exists()
