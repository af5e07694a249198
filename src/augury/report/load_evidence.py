"""evidence.json, what stands beside the verdicts, read into frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from augury.inside import is_there
from augury.report.reading import Interval, damaged, interval, number, read_json


@dataclass(frozen=True)
class Measured:
    """The mean over an arm's runs, and its paired difference to the baseline's, in one unit."""

    mean: float | None
    difference: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Runs:
    """How many runs an arm has; `missing` ones are neither done nor failed."""

    planned: int
    done: int
    failed: int

    @property
    def missing(self) -> int:
        """What is left of the plan."""
        return self.planned - self.done - self.failed


@dataclass(frozen=True)
class Budget:
    """What a run was given and took; seconds and cost are medians over the runs."""

    epochs: int
    steps: int
    step_seconds: float | None
    seconds: float | None
    cost: float | None


@dataclass(frozen=True)
class Corruptions:
    """Percentages of the same test images, means over `runs`; per corruption severities 1..5."""

    images: int
    runs: int
    clean: float | None
    accuracy: Mapping[str, tuple[float | None, ...]]


@dataclass(frozen=True)
class EqualTime:
    """Validation accuracy, %, after the `epochs` of `of` that fit into the baseline's time."""

    epochs: int
    of: int
    accuracy: Measured


@dataclass(frozen=True)
class ArmEvidence:
    """What is known of one arm beside its verdict; optimism is in percentage points.

    measures: "nll", "brier", "calibration_error", each also "_scaled" (with a temperature from
    validation), "temperature" and "corrupted_accuracy" (%), as far as they are known
    """

    dataset: str
    model: str
    augmentation: str
    runs: Runs
    budget: Budget | None
    optimism: float | None
    measures: Mapping[str, Measured]
    corruptions: Corruptions | None
    equal_time: EqualTime | None


@dataclass(frozen=True)
class Ranks:
    """Friedman's test over several problems; mean_ranks in the arms' order, 1 is the best."""

    mean_ranks: tuple[float, ...]
    p: float | None
    iman_davenport_p: float | None
    critical_difference: float | None


@dataclass(frozen=True)
class Overall:
    """All arms over all problems, which are pairs of data set and network.

    interquartile_means: per arm its mean, %, and its interval; ranks: None for two arms
    """

    arms: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]
    seeds: tuple[int, ...]
    ranks: Ranks | None
    interquartile_means: tuple[tuple[float | None, Interval | None], ...]


@dataclass(frozen=True)
class Evidence:
    """The whole of evidence.json."""

    arms: tuple[ArmEvidence, ...]
    overall: Overall | None

    def of(self, dataset: str, model: str) -> dict[str, ArmEvidence]:
        """By augmentation, for one data set and network."""
        return {
            arm.augmentation: arm
            for arm in self.arms
            if (arm.dataset, arm.model) == (dataset, model)
        }


def load_evidence(path: Path) -> Evidence | None:
    """What evidence.json says, None where the file is missing.

    Raises InputError where it is damaged, naming it.
    """
    if not is_there(path):
        return None
    entry = read_json(path)
    try:
        return Evidence(
            arms=tuple(_arm(arm) for arm in entry["arms"]),
            overall=_overall(entry["overall"]) if entry["overall"] else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise damaged(path, error) from error


def _arm(entry: Mapping[str, Any]) -> ArmEvidence:
    runs, corruptions, time = entry["runs"], entry["corruptions"], entry["equal_time"]
    return ArmEvidence(
        dataset=entry["dataset"],
        model=entry["model"],
        augmentation=entry["augmentation"],
        runs=Runs(int(runs["planned"]), int(runs["done"]), int(runs["failed"])),
        budget=_budget(entry["budget"]) if entry["budget"] else None,
        optimism=number(entry["optimism"]),
        measures={name: _measured(one) for name, one in entry["measures"].items()},
        corruptions=_corruptions(corruptions) if corruptions else None,
        equal_time=EqualTime(int(time["epochs"]), int(time["of"]), _measured(time))
        if time
        else None,
    )


def _measured(entry: Mapping[str, Any]) -> Measured:
    return Measured(number(entry["mean"]), number(entry["difference"]), interval(entry["interval"]))


def _budget(entry: Mapping[str, Any]) -> Budget:
    return Budget(
        epochs=int(entry["epochs"]),
        steps=int(entry["steps"]),
        step_seconds=number(entry["step_seconds"]),
        seconds=number(entry["seconds"]),
        cost=number(entry["cost"]),
    )


def _corruptions(entry: Mapping[str, Any]) -> Corruptions:
    return Corruptions(
        images=int(entry["images"]),
        runs=int(entry["runs"]),
        clean=number(entry["clean"]),
        accuracy={name: tuple(map(number, values)) for name, values in entry["accuracy"].items()},
    )


def _overall(entry: Mapping[str, Any]) -> Overall:
    arms, ranks = tuple(entry["arms"]), entry["ranks"]
    lengths = [len(entry["interquartile_means"]), *([len(ranks["mean_ranks"])] if ranks else [])]
    if any(length != len(arms) for length in lengths):
        raise ValueError(f"overall: one mean and one rank for each of {len(arms)} arms are needed")
    return Overall(
        arms=arms,
        problems=tuple((dataset, model) for dataset, model in entry["problems"]),
        seeds=tuple(entry["seeds"]),
        ranks=_ranks(ranks) if ranks else None,
        interquartile_means=tuple(
            (number(one["mean"]), interval(one["interval"])) for one in entry["interquartile_means"]
        ),
    )


def _ranks(entry: Mapping[str, Any]) -> Ranks:
    return Ranks(
        mean_ranks=tuple(map(float, entry["mean_ranks"])),
        p=number(entry["p"]),
        iman_davenport_p=number(entry["iman_davenport_p"]),
        critical_difference=number(entry["critical_difference"]),
    )
