"""What stands beside the verdict of one arm.

Nothing here decides anything, so nothing is adjusted for how much of it there is.
"""

import math
from collections.abc import Callable

import numpy as np

from augury.records.evidence import (
    ArmEvidence,
    Budget,
    Corruptions,
    EqualTime,
    Measured,
    RunCounts,
)
from augury.stats import (
    best_epoch_optimism,
    brier,
    calibration_error,
    fit_temperature,
    has_spread,
    negative_log_likelihood,
    paired_t,
    to_points,
)
from augury.study.judging.outcomes import Outcome
from augury.study.judging.pairs import Arm, Runs
from augury.study.store import finite

_BY_SEED = dict[int, float]

Measures = dict[int, dict[str, float]]
"""What `measure` found of each, by seed."""

_MEASURES: dict[str, Callable[..., float]] = {
    "nll": negative_log_likelihood,
    "brier": brier,
    "calibration_error": calibration_error,
}


def arm_evidence(
    arm: Arm,
    runs: RunCounts,
    steps: int,
    ours: Runs,
    theirs: Runs,
    measures: Measures,
    compared: Measures,
) -> ArmEvidence:
    """The secondary evidence of an arm.

    steps: of a whole run; ours, measures: of the arm's runs; theirs, compared: of the baseline's;
    logits are not needed.
    """
    names = list(dict.fromkeys(name for found in measures.values() for name in found))
    return ArmEvidence(
        *arm,
        runs=runs,
        budget=_budget(steps, ours),
        optimism=_optimism(ours),
        measures={name: _compared(_of(name, measures), _of(name, compared)) for name in names},
        corruptions=_corruptions(ours),
        equal_time=_equal_time(ours, theirs),
    )


def _of(name: str, measures: Measures) -> _BY_SEED:
    return {seed: found[name] for seed, found in measures.items() if name in found}


def _compared(ours: _BY_SEED, theirs: _BY_SEED) -> Measured:
    """Mean over our seeds; mean paired difference, and its t interval where there is one."""
    seeds = sorted(ours.keys() & theirs.keys())
    differences = np.array([ours[seed] - theirs[seed] for seed in seeds])
    return Measured(
        mean=float(np.mean(list(ours.values()))) if ours else None,
        difference=float(differences.mean()) if len(seeds) else None,
        interval=paired_t(differences).interval if has_spread(differences) else None,
    )


def measure(outcome: Outcome) -> dict[str, float]:
    """What is measured of one run, by name, as far as it left what that needs.

    On the test images: nll (nats), brier (in [0, 2]) and calibration_error (in [0, 1]), each also
    "_scaled", with the temperature that fits the validation images; corrupted_accuracy, %.
    """
    found: dict[str, float] = {}
    test, validation = outcome.test, outcome.validation
    if test is not None and np.isfinite(test.logits).all():
        found |= {name: of(test.logits, test.labels) for name, of in _MEASURES.items()}
        if validation is not None and np.isfinite(validation.logits).all():
            found["temperature"] = fit_temperature(validation.logits, validation.labels)
            scaled = test.logits / found["temperature"]
            found |= {f"{name}_scaled": of(scaled, test.labels) for name, of in _MEASURES.items()}
    if outcome.robustness:
        accuracies = np.array(list(outcome.robustness.accuracy.values()))
        found["corrupted_accuracy"] = to_points(float(accuracies.mean()))
    return found


def _budget(steps: int, ours: Runs) -> Budget | None:
    """What a run of this arm was given, and what it took: medians over the runs."""
    if not ours:
        return None
    results = [outcome.result for outcome in ours.values()]
    return Budget(
        epochs=next(iter(ours.values())).cell.recipe.epochs,
        steps=steps,
        step_seconds=float(np.median([result.step_seconds for result in results])),
        seconds=float(np.median([result.seconds for result in results])),
        cost=finite(_cost(ours)),
    )


def _cost(ours: Runs) -> float:
    """Median time of a step relative to the same step without its augmentation."""
    costs = [cost for o in ours.values() if math.isfinite(cost := o.result.augment_cost)]
    return float(np.median(costs)) if costs else math.nan


def _validation(outcome: Outcome) -> list[float]:
    """Accuracy on the validation part by epoch, points; empty where there is none."""
    values = [epoch.validation_accuracy for epoch in outcome.epochs]
    return [to_points(float(value)) for value in values if value is not None]


def _optimism(ours: Runs) -> float | None:
    """Points that picking the best epoch on the reported images would have added, mean."""
    found = [
        best_epoch_optimism(np.array(accuracies), outcome.result.chosen_epoch)
        for outcome in ours.values()
        if (accuracies := _validation(outcome))
    ]
    return float(np.mean(found)) if found else None


def _corruptions(ours: Runs) -> Corruptions | None:
    """Means over the runs: accuracy in percent, clean and by corruption and severity."""
    found = [outcome.robustness for outcome in ours.values() if outcome.robustness]
    if not found:
        return None
    return Corruptions(
        images=found[0].images,
        runs=len(found),
        clean=to_points(float(np.mean([f.clean for f in found]))),
        accuracy={
            name: tuple(to_points(np.mean([f.accuracy[name] for f in found], axis=0)).tolist())
            for name in found[0].accuracy
        },
    )


def _equal_time(ours: Runs, theirs: Runs) -> EqualTime | None:
    """Accuracy on validation when the baseline's run of the same seed would have ended.

    epochs: how many fit into the baseline's time, to the nearest, by the median cost of a step.
    Where they are fewer than all, the learning rate had not come down yet: a lower bound.
    """
    ratio = _cost(theirs) / _cost(ours) if ours and theirs else math.nan
    curves = {seed: curve for seed, o in ours.items() if (curve := _validation(o))}
    baseline = {seed: curve[-1] for seed, o in theirs.items() if (curve := _validation(o))}
    if not curves or not math.isfinite(ratio):
        return None
    of = min(map(len, curves.values()))
    epochs = max(1, min(of, round(of * ratio)))
    then = {seed: curve[epochs - 1] for seed, curve in curves.items()}
    found = _compared(then, baseline)
    return EqualTime(epochs, of, found.mean, found.difference, found.interval)
