"""Recipes that have a name, and the one that `auto` takes.

A new one is a row of `RECIPES`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from augury.names import lookup
from augury.records.cell import NetworkOptions
from augury.records.recipe import WARM_UP, Recipe

AUTO = "auto"
# Who sets one of these has a recipe of his own, which `auto` does not mix with another.
OF_ONES_OWN = {"optimizer", "lr", "schedule"}
# What `auto` fits to the data (`augury.study.planning.fitting`).
FITTED = ("epochs", "batch_size")


@dataclass(frozen=True)
class NamedRecipe:
    """title: for what; settings: fields of `Recipe` that differ from their defaults."""

    title: str
    settings: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.title}: {_words(self.settings) or 'all defaults'}"


RECIPES: dict[str, NamedRecipe] = {
    "scratch-small": NamedRecipe("from random weights, small images", {}),
    # One rate for body and head: with a third of it for the body, EfficientNet-Lite0 was 1 to 10
    # points worse on photographs (docs/explanation/recipes.md).
    "fine-tune": NamedRecipe(
        "from pretrained weights, all of them trained",
        {
            "epochs": 10,
            "batch_size": 32,
            "optimizer": "adamw",
            "lr": 0.003,
            "weight_decay": 0.05,
            "schedule": "cosine",
            "warmup": 0.1,
            "label_smoothing": 0.1,
            "clip": 1.0,
            "normalization": "pretrained",
        },
    ),
    "linear-probe": NamedRecipe(
        "from pretrained weights, only the head is trained: the quickest",
        {
            "epochs": 10,
            "batch_size": 32,
            "optimizer": "adamw",
            "lr": 0.003,
            "weight_decay": 0.0,
            "schedule": "cosine",
            "normalization": "pretrained",
            "freeze": "body",
        },
    ),
}


def named_recipe(name: str, given: Mapping[str, object]) -> Recipe:
    """The recipe of that name, for the fields `given` to be set in it.

    What they rule out is left out: a warm-up with another schedule.
    """
    settings = {} if name == AUTO else dict(lookup(RECIPES, name, "recipe").settings)
    if given.get("schedule", WARM_UP[0]) not in WARM_UP:
        settings.pop("warmup", None)
    return Recipe(**settings)


def automatic_recipe(network: NetworkOptions, recipe: Recipe, given: Collection[str]) -> Recipe:
    """`recipe`, of which the user has set the fields `given`, with the others as `auto` takes them.

    From pretrained weights they are those of `fine-tune`, or of `linear-probe` with a frozen body;
    from random weights, and for a recipe of the user's own, they stay.
    """
    if OF_ONES_OWN & set(given):
        return recipe
    base = named_recipe(automatic_name(network, recipe), {})
    return replace(base, **{name: getattr(recipe, name) for name in given})


def automatic_name(network: NetworkOptions, recipe: Recipe) -> str:
    """The recipe that `auto` takes for such networks."""
    if not is_pretrained(network):
        return "scratch-small"
    return "linear-probe" if recipe.freeze == "body" else "fine-tune"


def is_pretrained(network: NetworkOptions) -> bool:
    """Whether the networks begin with pretrained weights."""
    return network.pretrained or network.weights is not None


def left_to_auto(given: Collection[str]) -> tuple[str, ...]:
    """The fields that `auto` may fit to the data where the user has set the fields `given`."""
    return () if OF_ONES_OWN & set(given) else tuple(n for n in FITTED if n not in given)


def recipe_words(recipe: Recipe) -> str:
    """One line: the named recipe that is nearest to `recipe`, and what differs from it."""
    differences = {
        name: _differences(recipe, Recipe(**each.settings)) for name, each in RECIPES.items()
    }
    name = min(differences, key=lambda each: len(differences[each]))
    settings = _words({k: getattr(recipe, k) for k in RECIPES[name].settings})
    own = _words({k: v for k, v in differences[name].items() if k not in RECIPES[name].settings})
    return ", ".join(filter(None, (f"recipe {name}", settings, own)))


def _differences(recipe: Recipe, other: Recipe) -> dict[str, object]:
    """The fields of `recipe` that have another value in `other`."""
    names = (each.name for each in fields(Recipe))
    return {n: getattr(recipe, n) for n in names if getattr(recipe, n) != getattr(other, n)}


def _words(settings: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())
