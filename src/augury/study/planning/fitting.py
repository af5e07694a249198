"""Fit the recipe of `auto` to the data of a study: how many epochs, and how many images a step.

What the user has set stays as it is, and so does the recipe of a study that has begun.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from math import ceil
from typing import NamedTuple

from augury.data import Dataset
from augury.data.batch_rows import count_batches
from augury.records.plan import Plan
from augury.records.recipe import Recipe
from augury.study.planning.parts import count_trained
from augury.study.planning.recipes import (
    AUTO,
    FITTED,
    OF_ONES_OWN,
    automatic_name,
    is_pretrained,
    named_recipe,
)
from augury.study.planning.settings import StudySettings

# Training steps that a run has at least (docs/explanation/trained-long-enough.md). 180 taught the
# digits to networks from scratch with every arm but one; with 192 to 640 on Fashion-MNIST and
# CIFAR-10 augmented arms still had much to learn, and with 960 the baseline had nothing. For
# networks that are pretrained it is no more than that bound.
_STEPS_OF_DIGITS, _STEPS = 180, 1000
_SIDE_OF_DIGITS = 16  # pixels
# No study gets more epochs from it: a hundred images in steps of 25 have 800 steps then.
_MOST_EPOCHS = 200
# An epoch has at least so many steps, as far as a step keeps at least so many images.
_STEPS_AN_EPOCH, _FEWEST_IMAGES = 4, 8


class Seen(NamedTuple):
    """What `auto` looks at in a data set: how many images a run trains on, and their side."""

    images: int
    side: int


def fitted(settings: StudySettings, data: Mapping[str, Dataset], old: Plan | None) -> StudySettings:
    """`settings` with the fields of the recipe that `auto` may still choose.

    old: the plan of the study in its folder: what it began with stays, where `auto` had chosen it.
    """
    recipe, left = settings.recipe, settings.left_to_auto
    if left and old is not None:
        if old.settings.get("recipe_name", AUTO) == AUTO:
            recipe = replace(recipe, **{name: getattr(old.cells[0].recipe, name) for name in left})
    elif left and data:
        recipe = fitted_recipe(recipe, left, _seen(recipe, data.values()))
    return replace(settings, recipe=recipe, left_to_auto=())


def _seen(recipe: Recipe, data: Iterable[Dataset]) -> Seen:
    """Of the data set with the fewest images."""
    return min(
        Seen(
            count_trained(len(d.train), d.num_classes, d.validation is not None, recipe, d.split),
            d.image_size,
        )
        for d in data
    )


def fitted_recipe(recipe: Recipe, left: Collection[str], seen: Seen) -> Recipe:
    """`recipe` with those fields of `left` that the data ask for.

    Never fewer epochs, and never more images a step, than `recipe` has.
    """
    if "batch_size" in left:
        most = max(_FEWEST_IMAGES, seen.images // _STEPS_AN_EPOCH)
        recipe = replace(recipe, batch_size=min(recipe.batch_size, most))
    if "epochs" in left:
        asked = _STEPS_OF_DIGITS if seen.side <= _SIDE_OF_DIGITS else _STEPS
        epochs = min(_MOST_EPOCHS, ceil(asked / count_batches(seen.images, recipe.batch_size)))
        recipe = replace(recipe, epochs=max(recipe.epochs, epochs))
    return recipe


def reasons(plan: Plan) -> str:
    """Why the recipe of a plan is what it is, "" where the user has named one or made his own:

    "fine-tune, as the network is pretrained; 32 epochs, as 1,000 images give 32 steps an epoch".
    """
    cell = plan.cells[0]
    recipe, pretrained = cell.recipe, is_pretrained(cell.network)
    name = automatic_name(cell.network, recipe)
    named = named_recipe(name, {})
    own = [each for each in OF_ONES_OWN if getattr(recipe, each) != getattr(named, each)]
    if own or plan.settings.get("recipe_name") != AUTO:
        return ""
    frozen = " and its body frozen" if recipe.freeze == "body" else ""
    why = f"the network is pretrained{frozen}" if pretrained else "the network has random weights"
    seen = min(
        Seen(
            count_trained(d.train, len(d.classes), d.own_validation, recipe, d.split), d.image_size
        )
        for d in plan.datasets.values()
    )
    automatic = fitted_recipe(named, FITTED, seen)
    parts = [f"{name}, as {why}"]
    if recipe.batch_size == automatic.batch_size < named.batch_size:
        parts.append(f"{recipe.batch_size} images a step, as there are {seen.images:,} to train on")
    if recipe.epochs == automatic.epochs > named.epochs:
        steps = count_batches(seen.images, recipe.batch_size)
        parts.append(
            f"{recipe.epochs} epochs, as {seen.images:,} images give {steps} steps an epoch"
        )
    return "; ".join(parts)
