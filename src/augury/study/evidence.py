"""From what was judged of each arm to `evidence.json`: what stands beside the verdicts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augury.stats import friedman, interquartile_mean, iqm_interval, to_points
from augury.study.cell import Cell
from augury.study.judging import JudgedArm
from augury.study.memo import Memo
from augury.study.pairs import Arm, arm_of
from augury.study.plan import Plan
from augury.study.store import StudyFolder, write_json


def write_evidence(
    plan: Plan, folder: StudyFolder, judged: dict[Arm, JudgedArm], memo: Memo
) -> None:
    """Gather and write the secondary evidence of every planned arm, and of all together."""
    planned: dict[Arm, list[Cell]] = defaultdict(list)
    for cell in plan.cells:
        planned[arm_of(cell)].append(cell)
    evidence = {
        "schema": 1,
        "baseline": plan.baseline,
        "arms": [_arm(folder, arm, cells, judged[arm]) for arm, cells in planned.items()],
        "overall": _overall({arm: judged[arm].accuracies for arm in planned}, memo),
    }
    write_json(folder.path / "evidence.json", evidence)


def _arm(folder: StudyFolder, arm: Arm, cells: Sequence[Cell], found: JudgedArm) -> dict[str, Any]:
    return {
        "dataset": arm[0],
        "model": arm[1],
        "augmentation": arm[2],
        "runs": {
            "planned": len(cells),
            "done": len(found.accuracies),
            "failed": sum(folder.run(cell).failed for cell in cells),
        },
        **found.evidence,
    }


def _overall(found: dict[Arm, dict[int, float]], memo: Memo) -> dict[str, Any] | None:
    """Ranks and interquartile means of the arms over several data sets and networks.

    found: test accuracies in [0, 1] by seed, of all planned arms.
    """
    finished = {arm: by_seed for arm, by_seed in found.items() if by_seed}
    arms = list(dict.fromkeys(arm[2] for arm in finished))
    problems = list(dict.fromkeys(arm[:2] for arm in finished))
    if len(problems) < 2 or any((*p, arm) not in finished for p in problems for arm in arms):
        return None
    seeds = sorted(set.intersection(*(set(by_seed) for by_seed in finished.values())))
    scores = {arm: _scores(finished, arm, problems, seeds) for arm in arms}
    if not seeds or not all(np.isfinite(values).all() for values in scores.values()):
        return None
    return {
        "arms": arms,
        "problems": [list(problem) for problem in problems],
        "seeds": seeds,
        "ranks": _ranks(np.stack([values.mean(axis=0) for values in scores.values()], axis=1)),
        "interquartile_means": memo.recall(
            [
                ({"interquartile": values.tolist()}, partial(_interquartile, values))
                for values in scores.values()
            ]
        ),
    }


def _interquartile(scores: NDArray[np.float64]) -> dict[str, Any]:
    """Of (seeds, problems): the mean of the middle half, and its interval where there is one."""
    return {
        "mean": interquartile_mean(scores),
        "interval": list(iqm_interval(scores)) if len(scores) > 1 else None,
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
    found: dict[Arm, dict[int, float]],
    arm: str,
    problems: Sequence[tuple[str, str]],
    seeds: Sequence[int],
) -> NDArray[np.float64]:
    """(seeds, problems) test accuracies, percent."""
    accuracies = [[found[(*p, arm)][seed] for p in problems] for seed in seeds]
    return to_points(np.array(accuracies, dtype=np.float64))
