"""Wrong values at every key of a study file, and at every parameter of every augmentation."""

import inspect
import json
from contextlib import contextmanager
from dataclasses import fields

import pytest
import tomli_w

from augury.augment.registry import AUGMENTATIONS, COMPOSITIONS, SALIENCY, from_config
from augury.errors import InputError
from augury.records.cell import NetworkOptions
from augury.stats import Rule
from augury.study import StudySettings, read_settings
from augury.training import Recipe

TABLES = {"recipe": Recipe, "network": NetworkOptions, "rule": Rule}
KEYS = [
    "min_difference",
    *(field.name for field in fields(StudySettings)),
    *(f"{table}.{field.name}" for table, cls in TABLES.items() for field in fields(cls)),
]
# As they stand in a TOML file.
VALUES = (
    "5", "-1", "0.5", "true", '"text"', '"a\\u0000b"', '""', "[]", '["none"]', '["none", 5]',
    "[[1]]", "{}", "{x = 5}", "1979-05-27", "07:32:00", "nan", "inf", "-inf", "1e308", "-1e308",
    "100000000000000", f"1{24 * '0'}", f"0x{5000 * 'f'}", 90 * "[" + 90 * "]",
)  # fmt: skip
# All that is right among them; the values that a study takes are those of the documentation.
RIGHT = {
    "name": ('"text"', '""'),
    "datasets": ('["none"]',),
    "labels": ("[]", '["none"]'),
    "groups": ('"text"', '""'),
    "split_by": ('""',),  # a name needs a table of groups, and `folds` needs a name
    "augmentations": ('["none"]',),
    "seeds": ("5",),
    "first_seed": ("5",),
    "baseline": ('""',),
    "until_decided": ("true",),
    "max_seeds": ("5",),
    "cells": ("5",),
    "max_hours": ("5", "0.5"),
    "corruptions": ("5",),
    "log": ("[]",),
    "parameters": ("{}",),
    "chains": ("{}",),
    "min_difference": ("5", "0.5"),
    "recipe": ("{}",),
    "recipe.epochs": ("5",),
    "recipe.batch_size": ("5",),
    "recipe.lr": ("5", "0.5", "100000000000000"),  # single precision holds it
    "recipe.weight_decay": ("5", "0.5", "100000000000000"),  # single precision holds it
    "recipe.label_smoothing": ("0.5",),
    "recipe.validation": ("0.5",),
    "recipe.validate_every": ("5",),
    "recipe.train_limit": ("5",),
    "recipe.test_limit": ("5",),
    "recipe.body_lr": ("5", "0.5", "100000000000000"),
    "recipe.clip": ("5", "0.5", "100000000000000"),
    "recipe.ema": ("0.5",),
    "recipe.drop_path": ("0.5",),
    "network": ("{}",),
    "network.pretrained": ("true",),
    "network.weights": ('"text"', '""'),
    "rule": ("{}",),
    "rule.min_seeds": ("5", "100000000000000"),
    "rule.alpha": ("0.5",),
    "rule.min_difference": ("5", "0.5"),
    "rule.min_probability": ("0.5",),
    "rule.confidence": ("0.5",),
    "rule.power": ("0.5",),
    "rule.replicates": ("5",),
    "rule.seed": ("5", "100000000000000"),
}


@contextmanager
def refusals(said):
    """Keeps what an InputError says; other errors are raised."""
    try:
        yield
    except InputError as error:
        said.append(str(error))


@pytest.mark.parametrize("key", KEYS)
def test_a_wrong_value_is_named_in_one_line(key, tmp_path):
    file = tmp_path / "study.toml"
    right, said = [], []
    for value in VALUES:
        file.write_text(f"{key} = {value}\n")
        with refusals(said):
            settings = read_settings(file, None, {}).to_dict()
            right.append(value)
            assert json.dumps(settings, allow_nan=False)
            assert tomli_w.dumps(settings).encode()
    assert tuple(right) == RIGHT.get(key, ())
    for line in said:
        assert line.startswith((str(file), f"unknown setting in {file}"))
        assert key.rpartition(".")[2] in line or "unknown model 'none'" in line
        assert "\n" not in line
        assert len(line) < 500


@pytest.mark.parametrize("content", [f"a = {3000 * '['}", f"a = {5000 * '9'}", "a = \0"])
def test_what_is_no_toml_is_said_in_one_line(content, tmp_path):
    (tmp_path / "study.toml").write_text(content)
    with pytest.raises(InputError, match=r"study\.toml: not a TOML file: [^\n]{1,200}$"):
        read_settings(tmp_path / "study.toml", None, {})


WRONG = (
    -1, 1e308, 10**14, 10**25, True, "text", "", [], [1], [1, "x"], [[0.1, 0.2], 3], {}, {"x": 5},
    {"name": 5}, {"name": "cutout"}, float("nan"), float("inf"), None,
)  # fmt: skip


@pytest.mark.parametrize("name", [*AUGMENTATIONS, *COMPOSITIONS])
def test_a_wrong_parameter_is_named_in_one_line(name):
    parts = {"parts": [{"name": "flip"}]} if name in COMPOSITIONS else {}
    said = []
    parameters = inspect.signature({**AUGMENTATIONS, **COMPOSITIONS}[name]).parameters
    for parameter in parameters:
        for value in WRONG:
            # Some are right for some; whatever is refused is refused in one line.
            with refusals(said):
                from_config({"name": name, **parts, parameter: value}, lambda kind: None)
    assert bool(said) == bool(parameters)
    assert all(line.startswith((name, "an augmentation", "unknown")) for line in said)
    assert not [line for line in said if "\n" in line or len(line) > 500]


@pytest.mark.parametrize("name", SALIENCY)
@pytest.mark.parametrize("kind", [5, ["gradient"]])
def test_a_kind_of_saliency_is_a_text(name, kind):
    settings = {"augmentations": [name], "parameters": {name: {"saliency": kind}}}
    with pytest.raises(InputError, match="saliency"):
        read_settings(None, None, settings)


def chain(depth):
    description = {"name": "flip"}
    for _ in range(depth):
        description = {"name": "chain", "parts": [description]}
    return description


def test_a_chain_may_be_nested_as_deep_as_anybody_wants_and_no_deeper(tmp_path):
    file = tmp_path / "deep.json"
    file.write_text(json.dumps(chain(40)))
    read_settings(None, None, {"augmentations": [str(file)]})
    file.write_text(json.dumps(chain(400)))
    with pytest.raises(InputError, match="deep"):
        read_settings(None, None, {"augmentations": [str(file)]})
    study = tmp_path / "study.toml"
    study.write_text('augmentations = ["x"]\n' + tomli_w.dumps({"chains": {"x": chain(60)}}))
    with pytest.raises(InputError, match=r"chains\.x.*nested more than 100 deep"):
        read_settings(study, None, {})


def test_two_files_of_one_name_are_not_taken_for_each_other(tmp_path):
    for folder, length in (("a", 0.25), ("b", 0.5)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "light.toml").write_text(f'name = "cutout"\nlength = {length}\n')
    arms = [f"{tmp_path}/a/light.toml", f"{tmp_path}/b/light.toml+flip"]
    with pytest.raises(InputError, match="two files are called 'light'"):
        read_settings(None, None, {"augmentations": arms})


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"select": "best"}, "unknown selection 'best'. Did you mean 'validation'"),
        ({"optimizer": "adam"}, "unknown optimizer 'adam'. Did you mean 'adamw'"),
        ({"normalization": "imagenet"}, "'imagenet'. Did you mean 'pretrained'"),
    ],
)
def test_what_other_programs_call_it_is_understood(recipe, message):
    with pytest.raises(InputError, match=message):
        read_settings(None, None, {"recipe": recipe})
