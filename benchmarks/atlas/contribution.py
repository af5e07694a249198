"""What one machine found at one place: the record, and its checked file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from benchmarks.atlas.bits import unpack
from benchmarks.atlas.places import BASELINE, NETWORK, PLACES, Place
from benchmarks.outcome import machine_name
from numpy.typing import NDArray

from augury.augment.names import AUGMENTATIONS
from augury.errors import InputError
from augury.names import check_name
from augury.records.json_file import known_schema, read_json, record_from, to_values, write_json
from augury.records.numbers import Count, Fraction
from augury.records.provenance import Machine
from augury.records.result import Learned
from augury.records.rule import rule_values
from augury.records.verdicts import Trained
from augury.schema import Within
from augury.stats import Rule
from augury.study.judging.trained import trained_of

SCHEMA = 1
RESULTS = Path(__file__).parent / "results"
_HEX = re.compile(r"[0-9a-f]{64}")
_ROUNDING = 1e-6


@dataclass(frozen=True)
class Origin:
    """Where runs come from. git_commit: of augury's checkout, None if augury was installed."""

    machine: Machine
    versions: dict[str, str]
    git_commit: str | None


@dataclass(frozen=True)
class Run:
    """One arm at one seed.

    origin: place of its origin in the list; train_accuracy: fraction of the augmented training
    images of the last epoch that the network got right, None where it was not finite; learned: how
    far it had learned these images as they are, None from earlier versions; images: tested ones;
    accuracy: fraction of them that the network got right; correct: which, in the order of their ids
    (`benchmarks.atlas.bits`).
    """

    arm: str
    seed: Count
    origin: Count
    train_accuracy: Fraction | None
    learned: Learned | None
    images: Annotated[int, Within(1, 10_000_000)]
    accuracy: Fraction
    correct: str


@dataclass(frozen=True)
class Contribution:
    """All runs of a place's study, with what is needed to repeat one.

    title: of the data set, for people; settings: of the study, as it was run; data_fingerprint:
    hash of pixels and labels; test_ids: SHA-256 of the ids of the test images, see `ids_digest`.
    Raises InputError, naming the field, for what contradicts itself.
    """

    place: str
    title: str
    settings: dict[str, Any]
    rule: Rule
    baseline: str
    data_fingerprint: str
    test_ids: str
    origins: tuple[Origin, ...]
    runs: tuple[Run, ...]
    file: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        check_name(self.place, PLACES, "place")
        if self.baseline != BASELINE:
            raise InputError(f"baseline: must be {BASELINE}, got {self.baseline!r:.80}")
        if not _HEX.fullmatch(self.test_ids):
            raise InputError("test_ids: must be 64 hexadecimal digits")
        self._check_settings()
        if not self.origins:
            raise InputError("origins: at least one is needed")
        for place, run in enumerate(self.runs):
            self._check_run(run, f"runs[{place}]")
        pairs = {(run.arm, run.seed) for run in self.runs}
        if len(pairs) < len(self.runs):
            raise InputError("runs: each arm may have each seed once")
        if BASELINE not in {run.arm for run in self.runs}:
            raise InputError(f"runs: the baseline, {BASELINE}, must be among the arms")

    def _check_settings(self) -> None:
        recipe = self.settings.get("recipe")
        if not isinstance(recipe, dict):
            raise InputError("settings.recipe: must be a table")
        asked = {
            "recipe.epochs": recipe.get("epochs"),
            "train_images": self.settings.get("train_images"),
        }
        for name, value in asked.items():
            if not isinstance(value, int) or value < 1:
                raise InputError(f"settings.{name}: must be at least 1, got {value!r:.80}")

    def _check_run(self, run: Run, where: str) -> None:
        if run.arm not in AUGMENTATIONS:
            raise InputError(f"{where}.arm: must be an augmentation of augury, got {run.arm!r:.80}")
        if run.origin >= len(self.origins):
            raise InputError(f"{where}.origin: must be under {len(self.origins)}, got {run.origin}")
        if run.images != self.runs[0].images:
            raise InputError(
                f"{where}.images: must be {self.runs[0].images}, as in the first run, "
                f"got {run.images}"
            )
        try:
            share = float(unpack(run.correct, run.images).mean())
        except InputError as error:
            raise InputError(f"{where}.correct: {error}") from error
        if abs(share - run.accuracy) > _ROUNDING:
            raise InputError(
                f"{where}.accuracy: must be {share:.6f}, as its bits say, got {run.accuracy:.6f}"
            )

    @property
    def at(self) -> Place:
        """The place."""
        return PLACES[self.place]

    @property
    def machine(self) -> str:
        """The machine of its first origin, for a file's name."""
        return machine_name(self.origins[0].machine)

    @cached_property
    def correct(self) -> dict[str, dict[int, NDArray[np.bool_]]]:
        """(images,) by arm and seed."""
        found: dict[str, dict[int, NDArray[np.bool_]]] = {}
        for run in self.runs:
            found.setdefault(run.arm, {})[run.seed] = unpack(run.correct, run.images)
        return found

    @cached_property
    def trained(self) -> dict[str, Trained]:
        """How far the networks of each arm had learned their own training images."""
        epochs = self.settings["recipe"]["epochs"]
        runs: dict[str, list[tuple[Learned, int]]] = {}
        for run in self.runs:
            told = [(run.learned, epochs)] if run.learned else []
            runs.setdefault(run.arm, []).extend(told)
        study = self.at.dataset, NETWORK
        return {arm: trained_of((*study, arm), found) for arm, found in runs.items()}

    @cached_property
    def train_accuracy(self) -> dict[str, float]:
        """Mean over the seeds by arm, fractions; without arms that have none."""
        found: dict[str, list[float]] = {}
        for run in self.runs:
            if run.train_accuracy is not None:
                found.setdefault(run.arm, []).append(run.train_accuracy)
        return {arm: float(np.mean(values)) for arm, values in found.items()}


def file_name(contribution: Contribution) -> str:
    """PLACE-MACHINE.json."""
    return f"{contribution.place}-{contribution.machine}.json"


def write_contribution(contribution: Contribution, folder: Path) -> Path:
    """Write the file, with its digest, in `folder`; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(contribution)
    values = to_values(contribution) | {"rule": rule_values(contribution.rule)}
    del values["file"]
    write_json(path, {"schema": SCHEMA, **values})
    return path


def read_contribution(path: Path) -> Contribution:
    """The checked content of a file; InputError, saying what is wrong where, for a bad one."""
    values = read_json(path, sealed_from=SCHEMA)
    known_schema(values, (SCHEMA,), path)
    return record_from(Contribution, {**values, "file": path.name}, path)


def read_contributions(folder: Path) -> Sequence[Contribution]:
    """Those of all files in a folder, in the order of the places, then of the files' names."""
    found = [read_contribution(path) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda one: list(PLACES).index(one.place))
