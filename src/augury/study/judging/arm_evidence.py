"""One arm's entry in evidence.json.

None of it decides a verdict, so nothing is corrected for the number of figures.
"""

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
from augury.records.times import Times, median_times
from augury.stats import (
    Pairing,
    balanced_accuracy,
    best_epoch_optimism,
    brier,
    calibration_error,
    confusion_matrix,
    fit_temperature,
    has_spread,
    macro_f1,
    negative_log_likelihood,
    paired_t,
    pairing,
    to_points,
)
from augury.study.judging.finished_runs import FinishedRun
from augury.study.judging.pairs import Arm, Runs

_BY_SEED = dict[int, float]

Measures = dict[int, dict[str, float]]
"""By seed, what `measure` returns."""

_OVER_CLASSES = {"balanced_accuracy": balanced_accuracy, "macro_f1": macro_f1}
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
    metric: str,
) -> ArmEvidence:
    """The secondary evidence of an arm.

    steps: training steps of a whole run; metric: that the verdict compares.
    ours, measures: the arm's finished runs and what was measured of them; logits are not needed.
    theirs, compared: the same of the baseline.
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
        pairing=_pairing(ours, theirs, metric),
    )


def _pairing(ours: Runs, theirs: Runs, metric: str) -> Pairing | None:
    if ours is theirs:
        return None
    seeds = sorted(ours.keys() & theirs.keys())
    scores = ([runs[seed].score(metric) for seed in seeds] for runs in (ours, theirs))
    return pairing(*(np.array(values, dtype=np.float64) for values in scores))


def _of(name: str, measures: Measures) -> _BY_SEED:
    return {seed: found[name] for seed, found in measures.items() if name in found}


def _compared(ours: _BY_SEED, theirs: _BY_SEED) -> Measured:
    """Mean over our seeds; mean difference over shared seeds, with its 95 % t interval."""
    seeds = sorted(ours.keys() & theirs.keys())
    differences = np.array([ours[seed] - theirs[seed] for seed in seeds])
    return Measured(
        mean=float(np.mean(list(ours.values()))) if ours else None,
        difference=float(differences.mean()) if len(seeds) else None,
        interval=paired_t(differences).interval if has_spread(differences) else None,
    )


def measure(run: FinishedRun) -> dict[str, float]:
    """Figures of one run, by name; those whose predictions are missing are left out.

    On the test images: balanced_accuracy and macro_f1 (%); nll (nats), brier (in [0, 2]) and
    calibration_error (in [0, 1]), each also "_scaled": after dividing the logits by the temperature
    that fits the validation images.
    corrupted_accuracy: mean over corruptions and severities, %.
    """
    found: dict[str, float] = {}
    test, validation = run.test, run.validation
    if test is not None and np.isfinite(test.logits).all():
        confusion = confusion_matrix(test.labels, test.called)
        found |= {name: to_points(of(confusion)) for name, of in _OVER_CLASSES.items()}
        found |= {name: of(test.logits, test.labels) for name, of in _MEASURES.items()}
        if validation is not None and np.isfinite(validation.logits).all():
            found["temperature"] = fit_temperature(validation.logits, validation.labels)
            scaled = test.logits / found["temperature"]
            found |= {f"{name}_scaled": of(scaled, test.labels) for name, of in _MEASURES.items()}
    if run.robustness:
        accuracies = np.array(list(run.robustness.accuracy.values()))
        found["corrupted_accuracy"] = to_points(float(accuracies.mean()))
    return found


def _budget(steps: int, ours: Runs) -> Budget | None:
    """Epochs and steps of each run, and medians over the runs of the time that they took."""
    if not ours:
        return None
    times = _times(ours)
    return Budget(
        epochs=next(iter(ours.values())).cell.recipe.epochs,
        steps=steps,
        step_seconds=times.step_seconds,
        seconds=times.seconds,
        cost=times.cost,
        features_once=times.features_once,
    )


def _times(runs: Runs) -> Times:
    return median_times([run.result for run in runs.values()])


def _validation(run: FinishedRun) -> list[float]:
    """Accuracy on the validation part by epoch, points; empty where not every epoch has one."""
    values = [epoch.validation_accuracy for epoch in run.epochs]
    known = [to_points(float(value)) for value in values if value is not None]
    return known if len(known) == len(values) else []


def _optimism(ours: Runs) -> float | None:
    """Mean over runs of the points that reporting the best epoch would have added."""
    found = [
        best_epoch_optimism(np.array(accuracies), run.result.chosen_epoch)
        for run in ours.values()
        if (accuracies := _validation(run))
    ]
    return float(np.mean(found)) if found else None


def _corruptions(ours: Runs) -> Corruptions | None:
    """Means over the runs of the accuracy in percent, clean and by corruption and severity."""
    found = [run.robustness for run in ours.values() if run.robustness]
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


def _costs(ours: Times, theirs: Times) -> tuple[float | None, float | None]:
    """What a step costs, ours and theirs, in the same unit.

    Each relative to the same step without augmentation, which does not change with the load of a
    machine. Where features were computed once on one side only, those steps are not the same, and
    their seconds count.
    """
    if ours.features_once == theirs.features_once:
        return ours.cost, theirs.cost
    return ours.step_seconds, theirs.step_seconds


def _equal_time(ours: Runs, theirs: Runs) -> EqualTime | None:
    """Validation accuracy after as many epochs as fit into the time of a baseline run.

    The number of epochs follows from the median cost of a step, rounded to the nearest. Where it
    is less than all, the learning rate had not come down yet: the accuracy is a lower bound.
    None where a cost or the validation accuracies are not known.
    """
    our_cost, their_cost = _costs(_times(ours), _times(theirs))
    curves = {seed: curve for seed, o in ours.items() if (curve := _validation(o))}
    baseline = {seed: curve[-1] for seed, o in theirs.items() if (curve := _validation(o))}
    if not curves or our_cost is None or their_cost is None:
        return None
    of = min(map(len, curves.values()))
    epochs = max(1, min(of, round(of * (their_cost / our_cost))))
    then = {seed: curve[epochs - 1] for seed, curve in curves.items()}
    found = _compared(then, baseline)
    return EqualTime(epochs, of, found.mean, found.difference, found.interval)
