"""From the results of cells to `evidence.json`: what stands beside the verdicts.

Nothing here decides anything, so nothing is adjusted for how much of it there is.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import (
    best_epoch_optimism,
    brier,
    calibration_error,
    fit_temperature,
    friedman,
    has_spread,
    interquartile_mean,
    iqm_interval,
    negative_log_likelihood,
    paired_t,
    to_points,
)
from augury.study.outcomes import Outcome
from augury.study.plan import Plan
from augury.study.store import StudyFolder, write_json
from augury.study.verdicts import Arm, Outcomes, read_outcomes

_BY_SEED = dict[int, float]
_MEASURES: dict[str, Callable[..., float]] = {
    "nll": negative_log_likelihood,
    "brier": brier,
    "calibration_error": calibration_error,
}


def write_evidence(
    plan: Plan, folder: StudyFolder, outcomes: Outcomes | None = None
) -> dict[str, Any]:
    """Gather the secondary evidence of every arm; returns what is written.

    outcomes: of all finished cells, read anew where they are not given.
    """
    outcomes = outcomes if outcomes is not None else read_outcomes(plan, folder)
    planned = list(dict.fromkeys((c.dataset, c.model, c.augmentation) for c in plan.cells))
    evidence = {
        "schema": 1,
        "baseline": plan.baseline,
        "arms": [_arm(plan, folder, outcomes, arm) for arm in planned],
        "overall": _overall(outcomes),
    }
    write_json(folder.path / "evidence.json", evidence)
    return evidence


def _arm(plan: Plan, folder: StudyFolder, outcomes: Outcomes, arm: Arm) -> dict[str, Any]:
    cells = [c for c in plan.cells if (c.dataset, c.model, c.augmentation) == arm]
    ours = outcomes.get(arm, {})
    theirs = outcomes.get((*arm[:2], plan.baseline), {})
    measures = {seed: _measures(outcome) for seed, outcome in ours.items()}
    compared = measures if theirs is ours else {s: _measures(o) for s, o in theirs.items()}
    names = list(dict.fromkeys(name for found in measures.values() for name in found))
    return {
        "dataset": arm[0],
        "model": arm[1],
        "augmentation": arm[2],
        "runs": {
            "planned": len(cells),
            "done": len(ours),
            "failed": sum(folder.run(cell).failed for cell in cells),
        },
        "budget": _budget(plan, ours),
        "optimism": _optimism(ours),
        "measures": {name: _compared(_of(name, measures), _of(name, compared)) for name in names},
        "corruptions": _corruptions(ours),
        "equal_time": _equal_time(ours, theirs),
    }


def _of(name: str, measures: dict[int, dict[str, float]]) -> _BY_SEED:
    return {seed: found[name] for seed, found in measures.items() if name in found}


def _compared(ours: _BY_SEED, theirs: _BY_SEED) -> dict[str, Any]:
    """Mean over our seeds; mean paired difference, and its t interval where there is one."""
    seeds = sorted(ours.keys() & theirs.keys())
    differences = np.array([ours[seed] - theirs[seed] for seed in seeds])
    return {
        "mean": float(np.mean(list(ours.values()))) if ours else None,
        "difference": float(differences.mean()) if len(seeds) else None,
        "interval": list(paired_t(differences).interval) if has_spread(differences) else None,
    }


def _measures(outcome: Outcome) -> dict[str, float]:
    """Of one run: on the test images as they are, with a temperature, and corrupted."""
    found: dict[str, float] = {}
    test, validation = outcome.test, outcome.validation
    if test is not None and np.isfinite(test.logits).all():
        found |= {name: of(test.logits, test.labels) for name, of in _MEASURES.items()}
        if validation is not None and np.isfinite(validation.logits).all():
            found["temperature"] = fit_temperature(validation.logits, validation.labels)
            scaled = test.logits / found["temperature"]
            found |= {f"{name}_scaled": of(scaled, test.labels) for name, of in _MEASURES.items()}
    if outcome.robustness:
        accuracies = np.array(list(outcome.robustness["accuracy"].values()))
        found["corrupted_accuracy"] = to_points(float(accuracies.mean()))
    return found


def _budget(plan: Plan, ours: dict[int, Outcome]) -> dict[str, Any] | None:
    """What a run of this arm was given, and what it took: medians over the runs."""
    if not ours:
        return None
    cell = next(iter(ours.values())).cell
    results = [outcome.result for outcome in ours.values()]
    return {
        "epochs": cell.recipe.epochs,
        "steps": plan.steps(cell),
        "step_seconds": float(np.median([result["step_seconds"] for result in results])),
        "seconds": float(np.median([result["seconds"] for result in results])),
        "cost": _number(_cost(ours)),
    }


def _cost(ours: dict[int, Outcome]) -> float:
    """Median time of a step relative to the same step without its augmentation."""
    steps = [(o.result["step_seconds"], o.result["augment_seconds"]) for o in ours.values()]
    costs = [step / (step - augment) for step, augment in steps if step > augment]
    return float(np.median(costs)) if costs else math.nan


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _validation(outcome: Outcome) -> list[float]:
    """Accuracy on the validation part by epoch, points; empty where there is none."""
    values = [epoch.get("validation_accuracy") for epoch in outcome.epochs]
    return [to_points(float(value)) for value in values if value is not None]


def _optimism(ours: dict[int, Outcome]) -> float | None:
    """Points that picking the best epoch on the reported images would have added, mean."""
    found = [
        best_epoch_optimism(np.array(accuracies), outcome.result["chosen_epoch"])
        for outcome in ours.values()
        if (accuracies := _validation(outcome))
    ]
    return float(np.mean(found)) if found else None


def _corruptions(ours: dict[int, Outcome]) -> dict[str, Any] | None:
    """Means over the runs: accuracy in percent, clean and by corruption and severity."""
    found = [outcome.robustness for outcome in ours.values() if outcome.robustness]
    if not found:
        return None
    names = found[0]["accuracy"]
    return {
        "images": found[0]["images"],
        "runs": len(found),
        "clean": to_points(float(np.mean([f["clean"] for f in found]))),
        "accuracy": {
            name: to_points(np.mean([f["accuracy"][name] for f in found], axis=0)).tolist()
            for name in names
        },
    }


def _equal_time(ours: dict[int, Outcome], theirs: dict[int, Outcome]) -> dict[str, Any] | None:
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
    return {"epochs": epochs, "of": of, **_compared(then, baseline)}


def _overall(outcomes: Outcomes) -> dict[str, Any] | None:
    """Ranks and interquartile means of the arms over several data sets and networks."""
    arms = list(dict.fromkeys(arm[2] for arm in outcomes))
    problems = list(dict.fromkeys(arm[:2] for arm in outcomes))
    if len(problems) < 2 or any((*p, arm) not in outcomes for p in problems for arm in arms):
        return None
    seeds = sorted(set.intersection(*(set(found) for found in outcomes.values())))
    scores = {arm: _scores(outcomes, arm, problems, seeds) for arm in arms}
    if not seeds or not all(np.isfinite(values).all() for values in scores.values()):
        return None
    return {
        "arms": arms,
        "problems": [list(problem) for problem in problems],
        "seeds": seeds,
        "ranks": _ranks(np.stack([values.mean(axis=0) for values in scores.values()], axis=1)),
        "interquartile_means": [
            {
                "mean": interquartile_mean(values),
                "interval": list(iqm_interval(values)) if len(seeds) > 1 else None,
            }
            for values in scores.values()
        ],
    }


def _ranks(means: NDArray[np.float64]) -> dict[str, Any] | None:
    """Friedman's test of (problems, arms), None where it says nothing."""
    try:
        ranks = asdict(friedman(means))
    except ValueError:
        # Fewer than three arms, or arms that are equal everywhere.
        return None
    return ranks | {"mean_ranks": [float(rank) for rank in ranks["mean_ranks"]]}


def _scores(
    outcomes: Outcomes, arm: str, problems: Sequence[tuple[str, str]], seeds: Sequence[int]
) -> NDArray[np.float64]:
    """(seeds, problems) test accuracies, percent."""
    found = [[outcomes[(*p, arm)][seed].accuracy for p in problems] for seed in seeds]
    return to_points(np.array(found, dtype=np.float64))
