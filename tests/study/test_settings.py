import tomllib

import pytest
import tomli_w

from augury.augment import from_config, write_augmentation
from augury.errors import InputError
from augury.stats import Rule
from augury.study import read_settings


def test_defaults_are_the_digits_study():
    settings = read_settings(None, None, {})
    assert settings.datasets == ("digits",)
    assert settings.models == ("small",)
    assert settings.augmentations == ("none", "normal", "random-erasing", "salience-blend")
    assert settings.seeds is None
    assert settings.race
    assert settings.title == "digits"
    assert settings.baseline_arm == "none"


def test_the_preset_is_the_reports_study():
    settings = read_settings(None, "original", {})
    assert len(settings.datasets) * len(settings.models) * len(settings.augmentations) == 30
    recipe = settings.recipe
    assert (recipe.batch_size, recipe.lr, recipe.schedule, recipe.epochs) == (
        100,
        0.001,
        "plateau",
        50,
    )
    assert recipe.validation == 0.3
    assert settings.network.head == "original"
    assert settings.network.pretrained
    assert settings.baseline_arm == "normal"


def test_file_over_preset_and_command_line_over_file(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text(
        'seeds = 3\naugmentations = ["none", "cutout"]\n'
        "[recipe]\nepochs = 7\nlr = 1\n[parameters.cutout]\nlength = 0.25\n"
    )
    settings = read_settings(file, "original", {"recipe": {"epochs": 9, "lr": None}})
    assert settings.seeds == 3
    assert settings.augmentations == ("none", "cutout")
    assert settings.recipe.epochs == 9
    assert settings.recipe.lr == 1
    assert settings.recipe.batch_size == 100
    assert settings.parameters == {"cutout": {"length": 0.25}}


@pytest.mark.parametrize("preset", [None, "original"])
def test_what_is_written_reads_back(tmp_path, preset):
    settings = read_settings(None, preset, {"parameters": {"random-erasing": {"area": [0.1, 0.2]}}})
    file = tmp_path / "study.toml"
    file.write_text(tomli_w.dumps(settings.to_dict()))
    assert read_settings(file, None, {}).to_dict() == settings.to_dict()
    assert tomllib.loads(file.read_text())["recipe"]["epochs"] == settings.recipe.epochs


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"augmentations": ["nrmal"]}, "unknown augmentation 'nrmal'. Did you mean 'normal'"),
        ({"models": ["smal"]}, "unknown model 'smal'. Did you mean 'small'"),
        ({"seeds": 0}, "seeds: must be at least 1, got 0"),
        ({"augmentations": []}, "augmentations: at least one is needed"),
        ({"augmentations": ["none", "none"]}, "augmentations: each may be named once"),
        ({"baseline": "cutout"}, "unknown baseline 'cutout'"),
        ({"min_difference": -1.0}, "min_difference: must be ≥ 0 points, got -1"),
        ({"rule": {"alpha": 1.5}}, r"\[rule\]: alpha: must be in \(0, 1\), got 1.5"),
        ({"rule": {"min_seed": 4}}, r"unknown setting in .*\[rule\]: 'min_seed'. Did you mean"),
        ({"rule": {"looks": [6, 8]}}, "looks follow from until_decided"),
        ({"rule": {"design": "race"}}, "design follows from seeds"),
        ({"time": "20"}, "time: must be a number with s, m or h, as 20m, got '20'"),
        ({"time": "0m"}, "time: must be over 0 and at most 10,000h, got '0m'"),
        ({"cells": 0}, "cells: must be at least 1, got 0"),
        ({"corruptions": -1}, "corruptions: must be at least 0"),
        (
            {"recipe": {"epoch": 3}},
            r"unknown setting in the command line: \[recipe\]: 'epoch'. Did",
        ),
        ({"recipe": {"epochs": "3"}}, r"the command line: \[recipe\]: epochs must be int, got '3'"),
        ({"recipe": {"epochs": True}}, "epochs must be int, got True"),
        ({"teacher": "nobody"}, "unknown teacher"),
        ({"parameters": {"cutout": {"size": 1}}}, "unknown parameter of cutout 'size'"),
        ({"parameters": {"salience-blend": {"vmin": 0.9}}}, "vmin, vmax: must satisfy"),
        ({"parameters": {"cutuot": {}}}, "unknown augmentation 'cutuot'"),
    ],
)
def test_bad_settings_are_named(overrides, message):
    with pytest.raises(InputError, match=message):
        read_settings(None, None, overrides)


def test_the_rule_stands_in_the_study_file(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text("min_difference = 0.5\n[rule]\nalpha = 0.01\nmin_seeds = 8\n")
    settings = read_settings(file, None, {"min_difference": None})
    assert settings.rule == Rule(alpha=0.01, min_seeds=8, min_difference=0.5)
    # The command line is over the file, and what is written can be read again.
    settings = read_settings(file, None, {"min_difference": 0.3})
    assert settings.rule == Rule(alpha=0.01, min_seeds=8, min_difference=0.3)
    file.write_text(tomli_w.dumps(settings.to_dict()))
    assert read_settings(file, None, {}) == settings


def test_bad_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot read the study file .*none.toml: No such file"):
        read_settings(tmp_path / "none.toml", None, {})
    file = tmp_path / "bad.toml"
    file.write_text("seeds = ")
    with pytest.raises(InputError, match=r"bad\.toml: not a TOML file: Invalid value"):
        read_settings(file, None, {})
    with pytest.raises(InputError, match=r"unknown preset 'orignal'. Did you mean 'original'"):
        read_settings(None, "orignal", {})


def test_chains_come_from_the_study_file_or_from_files_of_their_own(tmp_path):
    light = {"name": "chain", "parts": [{"name": "normal"}, {"name": "cutout", "length": 0.25}]}
    write_augmentation(from_config(light), tmp_path / "light.toml")
    study = tmp_path / "study.toml"
    study.write_text(
        """
augmentations = ["none", "either"]
[chains.either]
name = "one-of"
weights = [1, 3]
parts = [{name = "crop"}, {name = "cutout", length = 0.25}]
"""
    )
    found = read_settings(study, None, {})
    assert found.augmentations == ("none", "either")
    assert found.chains["either"]["weights"] == [1, 3]
    overridden = {"augmentations": [f"{tmp_path / 'light.toml'}+cutout", "none"]}
    again = read_settings(study, None, overridden)
    assert again.augmentations == ("light+cutout", "none")
    assert set(again.chains) == {"light", "either"}
    assert again.chains["light"]["parts"][1] == {"name": "cutout", "length": 0.25}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name = 'chain'", "chain: needs parts"),
        ("parts = []", "an augmentation's description must have a name"),
        ("name = 'cutot'", "unknown augmentation 'cutot'"),
        ("name = 'cutout'\nlength = 8", r"cutout: length: must lie in \(0, 2\], got 8"),
        ("name = ", "light.toml: not a TOML file"),
    ],
)
def test_bad_chain_files_are_named(content, message, tmp_path):
    (tmp_path / "light.toml").write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(None, None, {"augmentations": [str(tmp_path / "light.toml")]})


def test_an_arm_in_an_earlier_spelling_keeps_its_name_and_is_no_second_arm():
    settings = read_settings(None, None, {"augmentations": ["none", "flip+grey"]})
    assert settings.augmentations == ("none", "flip+grey")
    with pytest.raises(InputError, match="augmentations: one of them is named in two spellings"):
        read_settings(None, None, {"augmentations": ["none", "grey", "grayscale"]})
