"""The runs of a study, read into frozen dataclasses: results, errors and epochs."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from augury.errors import InputError
from augury.inside import check_folders, is_plain_name, is_there, read_plain
from augury.report.reading import damaged, number, read_json


@dataclass(frozen=True)
class Score:
    """loss: mean cross-entropy; accuracy: fraction in [0, 1]."""

    loss: float
    accuracy: float


@dataclass(frozen=True)
class Epoch:
    """One epoch's line; the validation figures are None where there is no validation part."""

    epoch: int
    loss: float | None
    accuracy: float | None
    validation_loss: float | None
    validation_accuracy: float | None


@dataclass(frozen=True)
class Result:
    """What a finished cell reached. Accuracies are fractions; times are in seconds.

    per_class: (K,) test accuracy; confusion: (K, K) counts, rows true, columns predicted
    step_seconds: mean per training step; augment_seconds: the part of it spent on augmentation
    provenance: versions, machine and processes; resumed: each interruption after which the run
    went on with others, with what changed
    """

    train: Score
    validation: Score | None
    test: Score
    per_class: np.ndarray
    confusion: np.ndarray
    epochs: int
    chosen_epoch: int
    select: str
    seconds: float
    step_seconds: float
    augment_seconds: float
    teacher: str | None
    provenance: Mapping[str, Any]
    resumed: tuple[Mapping[str, Any], ...]

    @property
    def augment_cost(self) -> float:
        """Time of a step relative to the same step without its augmentation, 1 or more."""
        rest = self.step_seconds - self.augment_seconds
        return self.step_seconds / rest if rest > 0 else math.nan


@dataclass(frozen=True)
class Cell:
    """One training run; `status` is "done", "failed" or "missing" (not finished yet)."""

    name: str
    folder: Path
    dataset: str
    model: str
    augmentation: str
    parameters: Mapping[str, Any]
    seed: int
    status: str
    error: str
    result: Result | None
    epochs: tuple[Epoch, ...]


def load_cell(runs: Path, entry: Mapping[str, Any]) -> Cell:
    """One cell of the plan, with what its folder below `runs` holds.

    Raises InputError where a file of it is damaged, naming it, or its name leads elsewhere;
    KeyError where `entry` is damaged.
    """
    if not is_plain_name(entry["name"]):
        raise InputError(f"{runs.parent / 'plan.json'}: {entry['name']!r} is no name of a run")
    folder = runs / entry["name"]
    check_folders(runs, folder)
    result, error = _result(folder / "result.json"), _error(folder / "error.json")
    return Cell(
        name=entry["name"],
        folder=folder,
        dataset=entry["dataset"],
        model=entry["model"],
        augmentation=entry["augmentation"],
        parameters=entry.get("parameters", {}),
        seed=int(entry["seed"]),
        status="done" if result else "failed" if error else "missing",
        error="" if result else error,
        result=result,
        epochs=_epochs(folder / "epochs.jsonl"),
    )


def _result(path: Path) -> Result | None:
    if not is_there(path):
        return None
    entry = read_json(path)
    try:
        return Result(
            train=_score(entry["train"]),
            validation=_score(entry["validation"]) if entry["validation"] else None,
            test=_score(entry["test"]),
            per_class=np.array(entry["test"]["per_class"], dtype=float),
            confusion=np.array(entry["test"]["confusion"], dtype=float),
            epochs=int(entry["epochs"]),
            chosen_epoch=int(entry["chosen_epoch"]),
            select=entry["select"],
            seconds=float(entry["seconds"]),
            step_seconds=float(entry["step_seconds"]),
            augment_seconds=float(entry["augment_seconds"]),
            teacher=entry["teacher"],
            provenance=entry.get("provenance", {}),
            resumed=tuple(entry.get("resumed", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path, error) from error


def _error(path: Path) -> str:
    """The cell's error in one line, or nothing where it has none."""
    if not is_there(path):
        return ""
    entry = read_json(path)
    try:
        return str(entry["error"]) or "no reason given"
    except (KeyError, TypeError) as error:
        raise damaged(path, error) from error


def _epochs(path: Path) -> tuple[Epoch, ...]:
    if not is_there(path):
        return ()
    lines = read_plain(path).decode().splitlines()
    epochs = []
    for place, line in enumerate(lines, start=1):
        try:
            epochs.append(_epoch(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            # A run that was killed while it wrote leaves half of its last line.
            if place < len(lines):
                raise damaged(path, error) from error
    return tuple(epochs)


def _epoch(entry: Mapping[str, Any]) -> Epoch:
    return Epoch(
        epoch=int(entry["epoch"]),
        loss=number(entry["loss"]),
        accuracy=number(entry["accuracy"]),
        validation_loss=number(entry["validation_loss"]),
        validation_accuracy=number(entry["validation_accuracy"]),
    )


def _score(entry: Mapping[str, Any]) -> Score:
    return Score(loss=float(entry["loss"]), accuracy=float(entry["accuracy"]))
