"""Named recipes, what `auto` takes, and what overrides what."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from augury import Study
from augury.errors import InputError
from augury.records.recipe import Recipe
from augury.study import read_settings
from augury.study.planning.extend import with_planned_recipe
from augury.study.planning.presets import PRESETS
from augury.study.planning.recipes import RECIPES, recipe_words
from helpers.studies import quick_plan, quick_settings

PAGE = Path(__file__).parent.parent.parent / "docs" / "reference" / "study-file.md"
FINE_TUNE_FIELDS = tuple(RECIPES["fine-tune"].settings)
PRETRAINED = {"network": {"pretrained": True}}
FINE_TUNE, PROBE = (Recipe(**RECIPES[name].settings) for name in ("fine-tune", "linear-probe"))


def test_the_page_lists_every_recipe_with_its_settings():
    rows = re.findall(r"^\| `([\w-]+)` \| [^|]* \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    told = {name: dict(re.findall(r"`(\w+)` `?([\w.-]+)`?", text)) for name, text in rows}
    for name, named in RECIPES.items():
        wanted = {
            key: f"{value:g}" if not isinstance(value, str) else value
            for key, value in named.settings.items()
        }
        assert told[name] == wanted
        assert all(getattr(Recipe(), key) != value for key, value in named.settings.items())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, Recipe()),
        ({"recipe": {"epochs": 3}}, Recipe(epochs=3)),
        (PRETRAINED, FINE_TUNE),
        ({"network": {"weights": "/weights"}}, FINE_TUNE),
        (PRETRAINED | {"recipe": {"epochs": 3}}, replace(FINE_TUNE, epochs=3)),
        (PRETRAINED | {"recipe": {"freeze": "body"}}, PROBE),
        # Who sets one of these has a recipe of his own.
        (PRETRAINED | {"recipe": {"lr": 0.01}}, Recipe(lr=0.01)),
        (PRETRAINED | {"recipe": {"optimizer": "adamw"}}, Recipe(optimizer="adamw")),
        (PRETRAINED | {"recipe": {"schedule": "cosine"}}, Recipe(schedule="cosine")),
        (PRETRAINED | {"recipe_name": "auto"}, FINE_TUNE),
        (PRETRAINED | {"recipe_name": "scratch-small"}, Recipe()),
        ({"recipe_name": "fine-tune"}, FINE_TUNE),
        ({"recipe": "linear-probe"}, PROBE),
        (
            {"recipe_name": "fine-tune", "recipe": {"lr": 0.01, "schedule": "onecycle"}},
            replace(FINE_TUNE, lr=0.01, schedule="onecycle", warmup=0.0),
        ),
        (
            {"recipe_name": "fine-tune", "recipe": {"freeze": "body"}},
            replace(FINE_TUNE, freeze="body"),
        ),
    ],
    ids=str,
)
def test_what_a_recipe_starts_from(options, expected):
    assert read_settings(None, None, options).recipe == expected


def test_later_sources_override_earlier_ones(tmp_path):
    file = tmp_path / "study.toml"
    file.write_text("[recipe]\nepochs = 7\n[network]\npretrained = true\n")
    assert read_settings(file, None, {}).recipe == replace(FINE_TUNE, epochs=7)
    found = read_settings(file, None, {"recipe": {"batch_size": 8}}).recipe
    assert found == replace(FINE_TUNE, epochs=7, batch_size=8)
    assert read_settings(file, None, {"recipe_name": "linear-probe"}).recipe == PROBE
    assert read_settings(file, None, {"recipe_name": "auto"}).recipe == FINE_TUNE
    file.write_text('recipe = "linear-probe"\n')
    assert read_settings(file, None, {"recipe": {"epochs": 3}}).recipe == replace(PROBE, epochs=3)
    assert read_settings(None, "original", {}).recipe == PRESETS["original"].recipe
    named = read_settings(None, "original", {"recipe_name": "fine-tune"})
    assert named.recipe == FINE_TUNE
    with pytest.raises(
        InputError, match=r"the command line: unknown recipe_name 'fine-tun'. Did you"
    ):
        read_settings(None, None, {"recipe_name": "fine-tun"})


@pytest.mark.parametrize("name", ["auto", *RECIPES])
def test_what_is_written_reads_back(name, tmp_path):
    settings = read_settings(None, None, PRETRAINED | {"recipe_name": name})
    file = tmp_path / "study.toml"
    file.write_text(tomli_w.dumps(settings.to_dict()))
    assert read_settings(file, None, {}) == settings
    assert tomllib.loads(file.read_text())["recipe_name"] == name


def test_from_python():
    found = Study(recipe="fine-tune", epochs=3, pretrained=True, models="resnet18").settings
    assert (found.recipe_name, found.recipe) == ("fine-tune", replace(FINE_TUNE, epochs=3))


def test_a_study_from_before_recipes_had_names_keeps_that_of_its_plan():
    old = quick_plan(quick_settings())
    old = replace(old, settings={k: v for k, v in old.settings.items() if k != "recipe_name"})
    planned = old.cells[0].recipe
    begun = read_settings(None, None, PRETRAINED)
    assert with_planned_recipe(begun, old).recipe == replace(
        begun.recipe, **{name: getattr(planned, name) for name in FINE_TUNE_FIELDS}
    )
    changed = read_settings(None, None, PRETRAINED | {"recipe": {"batch_size": 7}})
    assert with_planned_recipe(changed, old).recipe.batch_size == 7
    typed = read_settings(None, None, PRETRAINED | {"recipe_name": "fine-tune"})
    assert with_planned_recipe(typed, old) == typed
    now = replace(old, settings={**old.settings, "recipe_name": "auto"})
    assert with_planned_recipe(begun, now) == begun


def test_a_recipe_is_told_by_the_nearest_name_and_what_differs():
    assert recipe_words(Recipe()) == "recipe scratch-small"
    assert recipe_words(Recipe(epochs=3, lr=0.5)) == "recipe scratch-small, epochs 3, lr 0.5"
    told = recipe_words(replace(FINE_TUNE, epochs=3, ema=0.9))
    assert told.startswith("recipe fine-tune, epochs 3, batch_size 32, optimizer adamw,")
    assert told.endswith("normalization pretrained, ema 0.9")
