"""The study's tables as plain rows: means over seeds, and paired differences per class."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from augury.records.result import Result
from augury.records.times import Times, median_times
from augury.records.verdicts import ArmVerdict
from augury.report.load import Run, StudyRecords
from augury.stats import to_points


@dataclass(frozen=True)
class VerdictRow:
    """An arm of one data set and network.

    accuracy: mean of the rule's metric in percent, None where nothing is finished
    comparison: None for the baseline, and for an arm that could not be compared
    """

    augmentation: str
    is_baseline: bool
    accuracy: float | None
    seeds: int
    verdict: str
    words: str
    comparison: ArmVerdict | None


@dataclass(frozen=True)
class GridCell:
    """One augmentation with one network, over its finished seeds.

    train, validation, test: mean accuracies, %; test_spread: standard deviation of the test
    accuracy over seeds, points; loss: mean on the test images; times: medians.
    """

    done: int
    failed: int
    missing: int
    train: float | None
    validation: float | None
    test: float | None
    test_spread: float | None
    loss: float | None
    times: Times


@dataclass(frozen=True)
class ClassEffects:
    """Mean paired differences of per-class test accuracy, in percentage points.

    classes: rows; arms: columns; differences: (rows, columns); seeds: pairs behind each column
    """

    classes: tuple[str, ...]
    arms: tuple[str, ...]
    differences: np.ndarray
    seeds: tuple[int, ...]
    left_out: int


@dataclass(frozen=True)
class Confusion:
    """One arm's confusion matrix: shares (K, K), rows are true classes and sum to 1."""

    augmentation: str
    shares: np.ndarray
    seeds: int


def verdict_rows(study: StudyRecords, dataset: str, model: str) -> list[VerdictRow]:
    """The baseline and every other arm of one data set and network."""
    comparisons = {
        c.augmentation: c for c in study.comparisons if (c.dataset, c.model) == (dataset, model)
    }
    return [
        _verdict_row(study, study.select(dataset, model, arm), comparisons.get(arm))
        for arm in study.arms
        if study.select(dataset, model, arm)
    ]


def _verdict_row(
    study: StudyRecords, runs: Sequence[Run], comparison: ArmVerdict | None
) -> VerdictRow:
    arm = runs[0].cell.augmentation
    results = finished(runs)
    accuracy = mean_points([r.test.score(study.rule.metric) for r in results])
    if arm == study.baseline:
        return VerdictRow(arm, True, accuracy, len(results), "baseline", "", None)
    if comparison is None:
        words = f"Nothing is finished that could be compared with {study.baseline}."
        return VerdictRow(arm, False, accuracy, len(results), "cannot say", words, None)
    return VerdictRow(
        augmentation=arm,
        is_baseline=False,
        accuracy=comparison.accuracy,
        seeds=len(comparison.seeds),
        verdict=comparison.verdict,
        words=comparison.words,
        comparison=comparison,
    )


def grid_cell(runs: Sequence[Run]) -> GridCell:
    """The runs of one data set, augmentation and network, one for each seed."""
    results = finished(runs)
    tests = [r.test.accuracy for r in results]
    known = [to_points(accuracy) for accuracy in tests if accuracy is not None]
    return GridCell(
        done=len(results),
        failed=sum(run.status == "failed" for run in runs),
        missing=sum(run.status == "missing" for run in runs),
        train=mean_points([r.train.accuracy for r in results]),
        validation=mean_points([r.validation.accuracy for r in results if r.validation]),
        test=mean_points(tests),
        test_spread=float(np.std(known, ddof=1)) if len(known) > 1 else None,
        loss=mean([r.test.loss for r in results]),
        times=median_times(results),
    )


def class_effects(study: StudyRecords, dataset: str, model: str, limit: int) -> ClassEffects | None:
    """Per-class differences from the baseline, over the seeds that both arms finished.

    Of more than `limit` classes, those with the largest differences are kept, in their order.
    None where no arm shares a finished seed with the baseline.
    """
    baseline = _by_seed(study, dataset, model, study.baseline)
    columns, arms, seeds = [], [], []
    for arm in study.arms:
        runs = _by_seed(study, dataset, model, arm)
        paired = sorted(runs.keys() & baseline.keys())
        if arm != study.baseline and paired:
            pairs = [_per_class(runs[seed]) - _per_class(baseline[seed]) for seed in paired]
            columns.append(100 * np.mean(pairs, axis=0))
            arms.append(arm)
            seeds.append(len(paired))
    if not columns:
        return None
    differences = np.stack(columns, axis=1)
    kept = np.sort(np.argsort(-np.abs(differences).max(axis=1), kind="stable")[:limit])
    classes = study.datasets[dataset].classes
    return ClassEffects(
        classes=tuple(classes[k] for k in kept),
        arms=tuple(arms),
        differences=differences[kept],
        seeds=tuple(seeds),
        left_out=len(classes) - len(kept),
    )


def confusions(study: StudyRecords, dataset: str, model: str) -> list[Confusion]:
    """Every arm's confusion matrix in shares of the true class, the mean over its seeds."""
    found = []
    for arm in study.arms:
        results = finished(study.select(dataset, model, arm))
        if results:
            shares = np.mean([_shares(result) for result in results], axis=0)
            found.append(Confusion(arm, shares, len(results)))
    return found


def mistakes(shares: np.ndarray) -> np.ndarray:
    """A copy of a confusion matrix without its diagonal."""
    return shares * (1 - np.eye(len(shares)))


def worst_mistakes(
    shares: np.ndarray, classes: Sequence[str], n: int
) -> list[tuple[str, str, float]]:
    """The `n` most frequent mistakes: (true class, predicted class, share of the true class)."""
    wrong = mistakes(shares)
    order = np.argsort(-wrong, axis=None, kind="stable")[:n]
    cells = zip(*np.unravel_index(order, wrong.shape), strict=True)
    return [(classes[r], classes[c], float(wrong[r, c])) for r, c in cells if wrong[r, c] > 0]


def finished(runs: Sequence[Run]) -> list[Result]:
    """The results of the finished ones among `runs`, in the order of their seeds."""
    ordered = sorted(runs, key=lambda run: run.cell.seed)
    return [run.result for run in ordered if run.result]


def _by_seed(study: StudyRecords, dataset: str, model: str, arm: str) -> dict[int, Result]:
    runs = study.select(dataset, model, arm)
    return {run.cell.seed: run.result for run in runs if run.result}


def _per_class(result: Result) -> np.ndarray:
    """(K,) accuracy on the test images of each class, NaN for a class without images."""
    return np.array(result.test.per_class, dtype=float)


def _shares(result: Result) -> np.ndarray:
    """(K, K) confusion in shares of the true class."""
    counts = np.array(result.test.confusion, dtype=float)
    shares: np.ndarray = counts / counts.sum(1, keepdims=True).clip(1)
    return shares


def mean(values: Sequence[float | None]) -> float | None:
    """The mean; None where there is no value, or where one of them is not known."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known and len(known) == len(values) else None


def mean_points(fractions: Sequence[float | None]) -> float | None:
    """The mean of fractions in percent, None as for `mean`.

    Each is multiplied before the mean is taken, as for the verdicts: the other order may give
    another last bit, and so another digit on the page.
    """
    return mean([None if fraction is None else to_points(fraction) for fraction in fractions])
