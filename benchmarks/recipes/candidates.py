"""Each named recipe beside the same with one setting changed."""

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from benchmarks.outcome import Row, table
from benchmarks.recipes.runs import Start, row_of, score

from augury.data import Dataset, load_dataset
from augury.study.planning.recipes import named_recipe

Changes = Mapping[str, Any]

CANDIDATES: dict[str, tuple[Changes, ...]] = {
    "scratch-small": (
        {},
        {"lr": 0.03},
        {"lr": 0.3},
        {"batch_size": 50},
        {"label_smoothing": 0.1},
        {"optimizer": "adamw", "lr": 0.003, "weight_decay": 0.05},
        {"schedule": "cosine"},
    ),
    "fine-tune": (
        {},
        {"lr": 0.001},
        {"lr": 0.01},
        {"body_lr": 0.1},
        {"body_lr": 0.3},
        {"label_smoothing": 0.0},
        {"ema": 0.99},
        {"optimizer": "sgd", "lr": 0.03, "weight_decay": 5e-4},
    ),
    "linear-probe": (
        {},
        {"lr": 0.001},
        {"lr": 0.01},
        {"weight_decay": 1.0},
        {"label_smoothing": 0.1},
    ),
}
"""By recipe: what is changed of it; the first is the recipe itself."""


@dataclass(frozen=True)
class Setting:
    """On what the candidates of a recipe are compared; images: to train on, and to validate."""

    model: str
    size: int | None
    images: int
    epochs: int


def compare_candidates(given: argparse.Namespace) -> None:
    """A table for each recipe and data set, and each row of it as soon as it is there."""
    for recipe, changes in CANDIDATES.items():
        setting = setting_of(recipe, given)
        start = Start(
            setting.model,
            pretrained=recipe != "scratch-small",
            weights=given.weights,
            device=torch.device(given.device),
            precision="bfloat16" if recipe == "scratch-small" else "float32",
        )
        for data in datasets(recipe, setting, given):
            if given.only and not {recipe, data.name} & set(given.only.split(",")):
                continue
            wanted = [each for each in changes if is_wanted(recipe, each, given.ways)]
            if not wanted:
                continue
            print(
                f"\n{recipe}: {start.model} on {data.name}, {data.train.images.shape[-1]} pixels, "
                f"{setting.images:,} images, {setting.epochs} epochs, {given.seeds} seeds\n"
            )
            rows = []
            for each in wanted:
                rows.append(compared(recipe, each, setting, start, data, given.seeds))
                print("\n".join(table(rows[-1:])), flush=True)
            print("\n" + "\n".join(table(rows)), flush=True)


def setting_of(recipe: str, given: argparse.Namespace) -> Setting:
    """What two cores do in ten minutes for each recipe and data set."""
    usual = (
        Setting("small", None, 1_000, 20)
        if recipe == "scratch-small"
        else Setting(given.model, 64, 1_000, 6)
    )
    return replace(
        usual,
        size=usual.size and (given.size or usual.size),
        images=given.images or usual.images,
        epochs=given.epochs or usual.epochs,
    )


def datasets(recipe: str, setting: Setting, given: argparse.Namespace) -> Iterator[Dataset]:
    """With as many images held out of the training part as are trained on."""
    names = ["fashion-mnist", "cifar10"] if recipe == "scratch-small" else ["cifar10"]
    for place in [*names, given.photos] if recipe != "scratch-small" else names:
        if place is None:
            continue
        data = load_dataset(str(place), image_size=setting.size)
        yield replace(data, validation=None)


def compared(
    recipe: str, changes: Changes, setting: Setting, start: Start, data: Dataset, seeds: int
) -> Row:
    """One row: `recipe` with `changes`."""
    of_setting = {
        "epochs": setting.epochs,
        "train_limit": setting.images,
        "validation": 0.5,
        "normalization": "pretrained" if start.pretrained else "train",
    }
    trained = replace(named_recipe(recipe, changes), **{**of_setting, **changes})
    found = [score(start, data, trained, seed) for seed in range(seeds)]
    return row_of(words_of(recipe, changes), found)


def is_wanted(recipe: str, changes: Changes, ways: str) -> bool:
    """Whether the row of `changes` is among `ways`, names with semicolons; all are for ""."""
    return not ways or words_of(recipe, changes) in ways.split(";")


def words_of(recipe: str, changes: Changes) -> str:
    """What a row is called: "lr 0.01", or "fine-tune, as it is"."""
    words = ", ".join(
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in changes.items()
    )
    return words or f"{recipe}, as it is"
