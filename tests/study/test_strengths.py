"""Strengths as arms of a study: their names, their cells, and the `[strengths]` of a study file."""

import pytest

from augury.augment import build_augmentation, saliency_kinds, to_config
from augury.errors import InputError
from augury.records.plan import write_plan
from augury.study import read_plan, read_settings
from helpers.studies import quick_plan, quick_settings


def arms(*augmentations, **table):
    return read_settings(None, None, {"augmentations": list(augmentations), **table}).augmentations


def test_an_arm_keeps_its_strength_in_its_name():
    given = arms("none", "randaugment@0.50", "randaugment@1", "flip+randaugment@2.0")
    assert given == ("none", "randaugment@0.5", "randaugment", "flip+randaugment@2")
    settings = read_settings(
        None, None, {"augmentations": ["crop@0.50", "none"], "baseline": "crop@0.500"}
    )
    assert settings.baseline_arm == "crop@0.5"


def test_a_cell_holds_the_arguments_that_followed(digits, tmp_path):
    settings = quick_settings(
        augmentations=["cutout@0.5", "cutout", "flip+salience@0.5", "crop@0"],
        parameters={"cutout": {"length": 0.4}, "salience": {"vmax": 0.8}},
    )
    plan = quick_plan(settings)
    half, plain, chain, still = plan.cells
    assert half.name.startswith("digits.small.cutout-0-5.s0.")
    assert half.parameters == {"cutout@0.5": {"name": "cutout", "length": 0.2}}
    assert plain.parameters == {"cutout": {"length": 0.4}}
    assert chain.parameters["salience@0.5"] == {
        "name": "salience-blend", "saliency": "gradient", "mix": 1.0,
        "vmin": 0.3, "vmax": 0.8, "p": 1.0,
    }  # fmt: skip
    assert still.parameters == {"crop@0": {"name": "none"}}
    assert saliency_kinds(chain.augmentation, chain.parameters) == ["gradient"]
    assert chain.teacher
    assert to_config(build_augmentation(half.augmentation, half.parameters))["length"] == 0.2
    write_plan(tmp_path / "plan.json", plan)
    assert read_plan(tmp_path / "plan.json") == plan


def test_a_strength_of_1_is_the_run_that_there_is(digits):
    (named,) = quick_plan(quick_settings(augmentations=["cutout@1"])).cells
    (plain,) = quick_plan(quick_settings(augmentations=["cutout"])).cells
    (other,) = quick_plan(quick_settings(augmentations=["cutout@1.5"])).cells
    assert named == plain
    assert other.name != plain.name


def test_a_study_file_gives_an_arm_several_strengths(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        'augmentations = ["none", "flip+randaugment", "cutout"]\n'
        "[strengths]\nrandaugment = [0.5, 1, 2]\ncutout = [0.5]\n"
    )
    settings = read_settings(file, None, {})
    assert settings.augmentations == (
        *("none", "flip+randaugment@0.5", "flip+randaugment", "flip+randaugment@2"),
        "cutout@0.5",
    )
    assert "strengths" not in settings.to_dict()
    again = read_settings(None, None, settings.to_dict())
    assert again == settings


@pytest.mark.parametrize(
    ("augmentations", "strengths", "message"),
    [
        (["none"], {"cutout": [1]}, "strengths: 'cutout' is no arm, and no part of one"),
        (["cutout"], {"cutout": ["x"]}, r"strengths: cutout\[0\] must be float, got 'x'"),
        (["cutout"], {"cutout": 0.5}, "strengths: cutout must be"),
        (["cutout"], [0.5], "strengths: must be"),
        (["cutout"], {"cutout": [-1]}, "'cutout@-1': a strength is a number from 0 to 100"),
        (["cutout"], {"cutout": [0.5, 0.5]}, "augmentations: each may be named once"),
        (["cutout"], {"cutout": [9]}, r"cutout@9: length: must lie in \(0, 2\], got 4.5"),
        (["flip"], {"flip": [0.5]}, "flip@0.5: has no strength"),
    ],
)
def test_wrong_strengths_are_named_in_one_line(augmentations, strengths, message):
    with pytest.raises(InputError, match=message) as caught:
        read_settings(None, None, {"augmentations": augmentations, "strengths": strengths})
    assert "\n" not in str(caught.value)


def test_two_spellings_of_one_strength_are_one_arm():
    with pytest.raises(InputError, match="each may be named once"):
        arms("cutout@0.5", "cutout@0.50")
    with pytest.raises(InputError, match="one of them is named in two spellings"):
        arms("posterise@0.5", "posterize@0.5")
    with pytest.raises(InputError, match="named once"):
        arms("cutout", "cutout@1")
