"""Plausible evidence for `report_studies`."""

from collections.abc import Mapping

import numpy as np

from augury.records.cell import Cell
from augury.records.evidence import (
    ArmEvidence,
    Budget,
    Corruptions,
    EqualTime,
    Evidence,
    InterquartileMean,
    Measured,
    Overall,
    Ranks,
    RunCounts,
)
from augury.records.plan import Plan
from augury.study import StudyFolder

CORRUPTIONS = ("gaussian-noise", "defocus-blur", "fog", "jpeg")
IMAGES = 200
# The mean of each measure without an effect, and its spread. "_scaled" is the measure after the
# temperature.
MEASURES = {
    "nll": (0.31, 0.02),
    "brier": (0.11, 0.01),
    "calibration_error": (0.03, 0.004),
    "temperature": (1.4, 0.1),
    "nll_scaled": (0.27, 0.02),
    "brier_scaled": (0.105, 0.01),
    "calibration_error_scaled": (0.02, 0.004),
    "corrupted_accuracy": (71.0, 2.0),
}

Key = tuple[str, str, str]  # data set, model, augmentation


def made_up_evidence(plan: Plan, folder: StudyFolder, costs: Mapping[str, float]) -> Evidence:
    """Evidence about the finished runs.

    costs: by augmentation, how much longer it makes a training step; 0 for no longer.
    """
    keys = dict.fromkeys(map(_key, plan.cells))
    return Evidence(
        baseline=plan.baseline,
        arms=tuple(_arm(folder, plan, key, costs[key[2]]) for key in keys),
        overall=_overall(folder, plan),
    )


def _key(cell: Cell) -> Key:
    return cell.dataset, cell.model, cell.augmentation


def _cells(plan: Plan, key: Key) -> list[Cell]:
    return [cell for cell in plan.cells if _key(cell) == key]


def _done(folder: StudyFolder, plan: Plan, key: Key) -> list[int]:
    """The seeds whose runs are finished."""
    return [cell.seed for cell in _cells(plan, key) if folder.run(cell).done]


def _arm(folder: StudyFolder, plan: Plan, key: Key, cost: float) -> ArmEvidence:
    planned = _cells(plan, key)
    done = len(_done(folder, plan, key))
    failed = sum(folder.run(cell).failed for cell in planned)
    dataset, model, augmentation = key
    counts = RunCounts(planned=len(planned), done=done, failed=failed)
    if not done:
        return ArmEvidence(dataset, model, augmentation, counts, None, None, {}, None, None)
    rng = np.random.default_rng(list("/".join(key).encode()))
    base = augmentation == plan.baseline
    epochs = planned[0].recipe.epochs
    optimism = 0.3 * rng.random()
    measures = {
        name: _measured(rng, mean, spread, base, done) for name, (mean, spread) in MEASURES.items()
    }
    corruptions = _corruptions(rng, done)
    time = _measured(rng, 95.0 - 5 * cost, 0.5, base, done)
    return ArmEvidence(
        dataset=dataset,
        model=model,
        augmentation=augmentation,
        runs=counts,
        budget=Budget(epochs, 11 * epochs, 0.012 * (1 + cost), 61.5 * (1 + cost), 1 + cost),
        optimism=optimism,
        measures=measures,
        corruptions=corruptions,
        equal_time=EqualTime(max(1, int(epochs / (1 + cost))), epochs, **vars(time)),
    )


def _measured(
    rng: np.random.Generator, mean: float, spread: float, base: bool, seeds: int
) -> Measured:
    difference, half = (0.0, 0.0) if base else (spread * rng.normal(), spread * rng.random())
    known = not base and seeds > 1
    interval = (difference - half, difference + half) if known else None
    return Measured(mean + difference, difference, interval)


def _corruptions(rng: np.random.Generator, runs: int) -> Corruptions:
    clean = 94 + rng.normal()
    falls = {name: rng.uniform(1, 9) for name in CORRUPTIONS}
    accuracy: dict[str, tuple[float | None, ...]] = {
        name: tuple(clean - fall * severity for severity in range(1, 6))
        for name, fall in falls.items()
    }
    return Corruptions(IMAGES, runs, clean, accuracy)


def _overall(folder: StudyFolder, plan: Plan) -> Overall | None:
    arms = tuple(dict.fromkeys(cell.augmentation for cell in plan.cells))
    problems = tuple(dict.fromkeys((cell.dataset, cell.model) for cell in plan.cells))
    found = [set(_done(folder, plan, (*problem, arm))) for problem in problems for arm in arms]
    if len(problems) < 2 or not all(found):
        return None
    rng = np.random.default_rng(7)
    means = 90 + rng.random(len(arms))
    ranks = tuple((1 + rng.permutation(len(arms))).astype(float).tolist())
    return Overall(
        arms=arms,
        problems=problems,
        seeds=tuple(sorted(set.intersection(*found))),
        ranks=Ranks(ranks, 5.4, 0.1447, 0.0312, 3.3166),
        interquartile_means=tuple(
            InterquartileMean(mean, (mean - 0.4, mean + 0.3)) for mean in means.tolist()
        ),
    )
