"""What `auto` fits to the data: epochs and batch size, and why; what it leaves alone."""

from dataclasses import replace

import numpy as np
import pytest

from augury.data import Dataset, Split, load_dataset
from augury.errors import InputError
from augury.records.recipe import Recipe
from augury.study import StudySettings, read_settings
from augury.study.planning.fitting import Seen, fitted, fitted_recipe, reasons
from augury.study.planning.recipes import FITTED, RECIPES
from helpers.studies import quick_plan, quick_settings

FINE_TUNE = Recipe(**RECIPES["fine-tune"].settings)
PRETRAINED = {"network": {"pretrained": True}}


def data(images, side=64):
    """A data set of so many training images, of which 30 % are held out."""
    pixels = np.broadcast_to(np.uint8(0), (images, 1, side, side))
    split = Split(pixels, np.arange(images) % 2, np.arange(images))
    return Dataset("made", ("a", "b"), split, None, split, "", "made", (), ())


@pytest.mark.parametrize(
    ("recipe", "images", "side", "batch_size", "epochs"),
    [
        (Recipe(), 881, 16, 100, 20),  # the digits of `make study`: 9 steps, 180 in all
        (Recipe(), 60_000, 28, 100, 20),
        (Recipe(), 1_000, 32, 100, 100),  # 10 steps: 1,000 in all
        (Recipe(), 300, 16, 75, 45),  # 4 steps: 180
        (FINE_TUNE, 10_000, 96, 32, 10),
        (FINE_TUNE, 1_000, 96, 32, 32),  # 32 steps: 1,024
        (FINE_TUNE, 100, 96, 25, 200),  # 4 steps, and no more than 200 epochs
        (FINE_TUNE, 20, 96, 8, 200),
    ],
)
def test_few_images_get_more_epochs_of_smaller_steps(recipe, images, side, batch_size, epochs):
    found = fitted_recipe(recipe, FITTED, Seen(images, side))
    assert found == replace(recipe, batch_size=batch_size, epochs=epochs)


def test_what_the_user_sets_stays():
    seen = {"made": data(1429)}  # 1,000 to train on
    settings = read_settings(None, None, PRETRAINED)
    assert fitted(settings, seen, None).recipe == replace(FINE_TUNE, epochs=32)
    # Also where it is what the named recipe has.
    settings = read_settings(None, None, PRETRAINED | {"recipe": {"epochs": 10}})
    assert fitted(settings, seen, None).recipe == FINE_TUNE
    for options in ({"recipe": {"lr": 0.01}}, {"recipe_name": "scratch-small"}):
        settings = read_settings(None, None, options)
        assert fitted(settings, seen, None).recipe == settings.recipe
    original = read_settings(None, "original", {})
    assert fitted(original, seen, None).recipe == original.recipe
    assert fitted(StudySettings(), seen, None).recipe == Recipe()


def test_the_data_set_with_the_fewest_images_decides():
    settings = read_settings(None, None, PRETRAINED)
    found = fitted(settings, {"a": data(30_000, 32), "b": data(1429)}, None)
    assert found.recipe == replace(FINE_TUNE, epochs=32)
    limited = read_settings(None, None, PRETRAINED | {"recipe": {"train_limit": 1000}})
    assert fitted(limited, {"a": data(30_000, 32)}, None).recipe.epochs == 32


def test_a_study_that_has_begun_keeps_its_recipe():
    old = quick_plan(quick_settings())
    old = replace(old, settings={**old.settings, "recipe_name": "auto"})
    planned = old.cells[0].recipe
    found = fitted(read_settings(None, None, {}), {"made": data(1429)}, old).recipe
    assert (found.epochs, found.batch_size) == (planned.epochs, planned.batch_size)
    changed = read_settings(None, None, {"recipe": {"epochs": 7}})
    assert fitted(changed, {"made": data(1429)}, old).recipe.epochs == 7


def test_the_digits_keep_the_recipe_that_is_published():
    settings = read_settings(None, None, {})
    assert fitted(settings, {"digits": load_dataset("digits")}, None).recipe == Recipe()


def test_it_is_no_key_of_a_file():
    assert "left_to_auto" not in read_settings(None, None, {}).to_dict()
    with pytest.raises(InputError, match=r"left_to_auto follows from recipe_name and \[recipe\]"):
        read_settings(None, None, {"left_to_auto": []})


def plan_of(settings, images, side):
    plan = quick_plan(quick_settings())
    (name,) = plan.datasets
    planned = replace(plan.datasets[name], train=images, image_size=side, own_validation=True)
    cells = [replace(each, recipe=settings.recipe, network=settings.network) for each in plan.cells]
    told = {**plan.settings, "recipe_name": settings.recipe_name}
    return replace(plan, datasets={name: planned}, cells=tuple(cells), settings=told)


def test_why_is_said():
    settings = read_settings(None, None, PRETRAINED)
    recipe = fitted_recipe(settings.recipe, FITTED, Seen(1000, 96))
    fit = replace(settings, recipe=recipe)
    assert reasons(plan_of(fit, 1000, 96)) == (
        "fine-tune, as the network is pretrained; 32 epochs, as 1,000 images give 32 steps an epoch"
    )
    small = replace(settings, recipe=fitted_recipe(settings.recipe, FITTED, Seen(100, 96)))
    assert reasons(plan_of(small, 100, 96)) == (
        "fine-tune, as the network is pretrained; 25 images a step, as there are 100 to train on; "
        "200 epochs, as 100 images give 4 steps an epoch"
    )
    assert reasons(plan_of(settings, 50_000, 96)) == "fine-tune, as the network is pretrained"
    scratch = read_settings(None, None, {})
    assert reasons(plan_of(scratch, 60_000, 28)) == (
        "scratch-small, as the network has random weights"
    )
    named = read_settings(None, None, PRETRAINED | {"recipe_name": "fine-tune"})
    assert reasons(plan_of(named, 1000, 96)) == ""
    own = read_settings(None, None, PRETRAINED | {"recipe": {"lr": 0.01}})
    assert reasons(plan_of(own, 1000, 96)) == ""
