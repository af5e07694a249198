import json
from dataclasses import replace

import pytest

from augury.errors import InputError, RecipeChanged
from augury.records.plan import PlannedSpeed, write_plan
from augury.study import read_plan
from augury.study.planning.extend import extend_plan
from augury.study.planning.parts import count_steps
from helpers.studies import quick_plan, quick_settings


def test_a_cell_is_named_by_its_content(digits):
    (cell,) = quick_plan(quick_settings(augmentations=["cutout"])).cells
    assert cell.name.startswith("digits.small.cutout.s0.")
    others = [
        quick_plan(quick_settings(augmentations=["cutout"], recipe={"lr": 0.2})),
        quick_plan(
            quick_settings(augmentations=["cutout"], parameters={"cutout": {"length": 0.3}})
        ),
        quick_plan(quick_settings(augmentations=["cutout"], network={"head": "original"})),
    ]
    assert len({cell.name, *(plan.cells[0].name for plan in others)}) == 4
    again = quick_plan(quick_settings(augmentations=["cutout", "none"], seeds=2))
    assert cell in again.cells


def test_only_arms_with_saliency_depend_on_the_teacher(digits, tmp_path):
    file = tmp_path / "teacher.safetensors"
    file.touch()
    arms = {"augmentations": ["none", "salience"]}
    own = quick_plan(quick_settings(**arms)).cells
    other = quick_plan(quick_settings(**arms, teacher=str(file))).cells
    assert own[0] == other[0]
    assert own[1] != other[1]


def test_a_plan_reads_back(digits, tmp_path):
    plan = quick_plan(quick_settings(seeds=2))
    write_plan(tmp_path / "plan.json", plan)
    assert read_plan(tmp_path / "plan.json") == plan
    with pytest.raises(InputError, match=r"cannot read .*none\.json: No such file"):
        read_plan(tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"schema": 99}')
    refusal = r"other\.json: of schema 99 where this version reads 1 and 2"
    with pytest.raises(InputError, match=refusal):
        read_plan(tmp_path / "other.json")


def test_seeds_and_arms_are_added_and_nothing_is_lost(digits):
    old = quick_plan(quick_settings(augmentations=["none", "normal"], seeds=2))
    new = quick_plan(quick_settings(augmentations=["none", "cutout"], seeds=3))
    both = extend_plan(old, new)
    arms = {(cell.augmentation, cell.seed) for cell in both.cells}
    assert both.cells[:4] == old.cells
    assert len(both.cells) == 8
    assert ("normal", 1) in arms
    assert ("none", 2) in arms
    assert ("cutout", 2) in arms


def test_what_is_planned_keeps_its_speed(digits):
    old = quick_plan(quick_settings())
    new = quick_plan(quick_settings(seeds=2))
    new.speed["small on digits"] = PlannedSpeed("channels_last", "bfloat16", {})
    assert extend_plan(old, new).speed == old.speed


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"recipe": {"epochs": 3, "lr": 0.2}}, r"recipe.epochs: 2 → 3; recipe.lr: 0.1 → 0.2"),
        ({"network": {"stem": "small"}}, r"network.stem: None → small"),
        ({"parameters": {"normal": {"zoom": 0.3}}}, r"normal: {} → {'normal': {'zoom': 0.3}}"),
    ],
)
def test_a_changed_recipe_is_refused_with_the_difference(digits, changes, message):
    arms = {"augmentations": ["none", "normal"]}
    with pytest.raises(RecipeChanged, match=message):
        extend_plan(
            quick_plan(quick_settings(**arms)), quick_plan(quick_settings(**arms, **changes))
        )


def test_changed_data_is_refused(digits):
    old, new = quick_plan(quick_settings()), quick_plan(quick_settings())
    new.datasets["digits"] = replace(new.datasets["digits"], fingerprint="0" * 64)
    with pytest.raises(RecipeChanged, match=r"data of digits: fingerprint .* → 000000000000"):
        extend_plan(old, new)


def test_steps_are_counted_as_training_takes_them(digits):
    plan = quick_plan(quick_settings())
    assert count_steps(plan, plan.cells[0]) == 2 * 3
    whole = quick_plan(quick_settings(recipe={"train_limit": 10_000}))
    # 1258 images less 30 % are 881: 44 batches of 20, the last with the image that is left.
    assert count_steps(whole, whole.cells[0]) == 2 * 44


def test_a_plan_of_the_version_before_opens(tmp_path):
    plan = quick_plan(quick_settings(min_difference=0.7))
    write_plan(tmp_path / "plan.json", plan)
    values = json.loads((tmp_path / "plan.json").read_text())
    assert values["schema"] == 2
    del values["rule"], values["corruptions"], values["sha256"]
    (tmp_path / "plan.json").write_text(json.dumps(values | {"schema": 1, "min_difference": 0.7}))
    assert read_plan(tmp_path / "plan.json") == replace(plan, corruptions=0)
    (tmp_path / "plan.json").write_text(json.dumps(values | {"schema": 3}))
    with pytest.raises(InputError, match=r"of schema 3 where this version reads 1 and 2"):
        read_plan(tmp_path / "plan.json")
