"""A study's folder, read into frozen dataclasses; nothing here computes or writes."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from augury.errors import InputError
from augury.inside import is_there
from augury.report.load_cells import Cell, load_cell
from augury.report.load_evidence import Evidence, load_evidence
from augury.report.load_verdicts import Comparison, Rule, load_verdicts, planned_rule
from augury.report.reading import damaged, read_json


@dataclass(frozen=True)
class SetAside:
    """A file that could not be used."""

    path: str
    reason: str


@dataclass(frozen=True)
class Leakage:
    """Test images that have a near-duplicate in the training part, `images` out of `of`.

    Of these images, `exact` are equal to the bit, `mirrored` are mirrored, and `label_conflicts`
    carry another label than their duplicate; pairs: some of them, (test id, training id); files:
    theirs, where the data set is a folder or archive
    """

    images: int
    exact: int
    mirrored: int
    label_conflicts: int
    of: int
    pairs: tuple[tuple[int, int], ...]
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class DatasetInfo:
    """A data set as the plan describes it; train and test are numbers of images.

    leakage: None where it was not looked for
    """

    name: str
    fingerprint: str
    source: str
    classes: tuple[str, ...]
    channels: int
    image_size: int
    train: int
    test: int
    notes: tuple[str, ...]
    set_aside: tuple[SetAside, ...]
    leakage: Leakage | None


@dataclass(frozen=True)
class Speed:
    """The layout and precision chosen for one model, with what the probe measured."""

    subject: str
    layout: str
    precision: str
    milliseconds: Mapping[str, float]


@dataclass(frozen=True)
class Provenance:
    """Where a study comes from."""

    command: str
    created: str
    versions: Mapping[str, str]
    machine: Mapping[str, Any]
    git_commit: str | None


@dataclass(frozen=True)
class Study:
    """All that a study's folder says, without its predictions and pictures.

    rule: that the verdicts were reached by, or the planned one where there are none yet; evidence:
    None where it was not gathered
    """

    folder: Path
    name: str
    baseline: str
    settings: Mapping[str, Any]
    cells: tuple[Cell, ...]
    datasets: Mapping[str, DatasetInfo]
    speed: tuple[Speed, ...]
    threads: int | None
    provenance: Provenance
    rule: Rule
    comparisons: tuple[Comparison, ...]
    evidence: Evidence | None

    @property
    def min_difference(self) -> float:
        """The smallest difference that matters, in percentage points."""
        return self.rule.min_difference

    @property
    def models(self) -> tuple[str, ...]:
        """In the plan's order, each once."""
        return tuple(dict.fromkeys(cell.model for cell in self.cells))

    @cached_property  # asked for some hundred times a report
    def arms(self) -> tuple[str, ...]:
        """The augmentations, the baseline first, then in the plan's order."""
        names = dict.fromkeys(cell.augmentation for cell in self.cells)
        return tuple(sorted(names, key=lambda name: name != self.baseline))

    @property
    def groups(self) -> tuple[tuple[str, str], ...]:
        """(dataset, model) pairs in the plan's order: what is compared within itself."""
        return tuple(dict.fromkeys((cell.dataset, cell.model) for cell in self.cells))

    def select(
        self, dataset: str, model: str | None = None, augmentation: str | None = None
    ) -> tuple[Cell, ...]:
        """The cells of a data set, and of a model and an augmentation where given."""
        return self._selected.get((dataset, model, augmentation), ())

    @cached_property
    def _selected(self) -> dict[tuple[str, str | None, str | None], tuple[Cell, ...]]:
        """What `select` answers: looked for each time, 10,000 cells took longest in a report."""
        found: dict[tuple[str, str | None, str | None], list[Cell]] = defaultdict(list)
        for cell in self.cells:
            for model in (cell.model, None):
                for augmentation in (cell.augmentation, None):
                    found[cell.dataset, model, augmentation].append(cell)
        return {asked: tuple(cells) for asked, cells in found.items()}


def load_study(folder: Path | str) -> Study:
    """Read a study's folder, finished or not.

    Raises InputError where plan.json is missing, or where a file is damaged, naming it.
    """
    folder = Path(folder)
    path = folder / "plan.json"
    if not is_there(path):
        raise InputError(f"{folder}: no study here (plan.json is missing)")
    plan = read_json(path)
    try:
        cells = tuple(load_cell(folder / "runs", entry) for entry in plan["cells"])
        datasets = {name: _dataset(name, entry) for name, entry in plan["datasets"].items()}
        verdicts = load_verdicts(folder / "verdicts.json")
        rule, comparisons = verdicts or (planned_rule(plan), ())
        return Study(
            folder=folder,
            name=plan["name"],
            baseline=plan["baseline"],
            settings=plan.get("settings", {}),
            cells=cells,
            datasets=datasets,
            speed=tuple(_speed(subject, entry) for subject, entry in plan["speed"].items()),
            threads=plan.get("threads"),
            provenance=_provenance(plan["provenance"]),
            rule=rule,
            comparisons=comparisons,
            evidence=load_evidence(folder / "evidence.json"),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error


def _dataset(name: str, entry: Mapping[str, Any]) -> DatasetInfo:
    return DatasetInfo(
        name=name,
        fingerprint=entry["fingerprint"],
        source=entry["source"],
        classes=tuple(entry["classes"]),
        channels=int(entry["channels"]),
        image_size=int(entry["image_size"]),
        train=int(entry["train"]),
        test=int(entry["test"]),
        notes=tuple(entry.get("notes", ())),
        set_aside=tuple(SetAside(a["path"], a["reason"]) for a in entry.get("set_aside", ())),
        leakage=_leakage(entry["leakage"]) if entry.get("leakage") else None,
    )


def _leakage(entry: Mapping[str, Any]) -> Leakage:
    return Leakage(
        images=int(entry["images"]),
        exact=int(entry["exact"]),
        mirrored=int(entry["mirrored"]),
        label_conflicts=int(entry["label_conflicts"]),
        of=int(entry["of"]),
        pairs=tuple((int(test), int(train)) for test, train in entry["pairs"]),
        files=tuple((str(test), str(train)) for test, train in entry.get("files", ())),
    )


def _speed(subject: str, entry: Mapping[str, Any]) -> Speed:
    return Speed(subject, entry["layout"], entry["precision"], entry.get("milliseconds", {}))


def _provenance(entry: Mapping[str, Any]) -> Provenance:
    return Provenance(
        command=entry["command"],
        created=entry["created"],
        versions=entry["versions"],
        machine=entry["machine"],
        git_commit=entry.get("git_commit"),
    )
