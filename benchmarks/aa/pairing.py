"""Do runs with equal seeds have correlated accuracies? Measured, in studies that are finished."""

from argparse import Namespace
from collections import defaultdict
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augury.errors import InputError
from augury.stats import pairing as paired_runs
from augury.stats import to_points
from augury.study import Plan, StudyFolder, read_plan

from .tables import table

Array = NDArray[np.float64]
_FEWEST = 4


def pairing(arguments: Namespace) -> dict[str, Any]:
    """The correlation of each two arms over their common seeds, in the studies named."""
    if not arguments.folders:
        raise InputError("pairing: name the folders of finished studies, as studies/digits")
    rows, studies = [], []
    for path in arguments.folders:
        plan = read_plan(StudyFolder(path).plan_file)
        for (dataset, model), arms in _accuracies(plan, path).items():
            found = pairs_of(arms)
            rows += [{"dataset": dataset, "model": model, **pair} for pair in found]
            together = concordance(arms)
            studies += [{"dataset": dataset, "model": model, **together}] if together else []
    if not rows:
        raise InputError(f"pairing: no two arms have {_FEWEST} finished seeds in common")
    print(pairing_table(rows))
    middle = float(np.median([row["correlation"] for row in rows]))
    print(f"\nmedian of {len(rows)} correlations: {middle:+.2f}\n")
    print(concordance_table(studies))
    return {"rows": rows, "median": middle, "studies": studies}


def pairs_of(arms: dict[str, dict[int, float]]) -> list[dict[str, Any]]:
    """arms: accuracies, points, by arm and seed. Two arms without spread have no correlation.

    correlation, low, high: Pearson's with Fisher's 95 % interval; deviation: of the paired
    differences, points; unpaired: what it would be if the runs had nothing in common.
    """
    found = []
    for first, second in combinations(arms, 2):
        seeds = sorted(arms[first].keys() & arms[second].keys())
        a, b = (np.array([arms[name][seed] for seed in seeds]) for name in (first, second))
        measured = paired_runs(b, a)
        if measured is None:
            continue
        low, high = measured.interval
        found.append(
            {
                "arms": [first, second],
                "seeds": len(seeds),
                "correlation": measured.correlation,
                "low": low,
                "high": high,
                "deviations": [float(a.std(ddof=1)), float(b.std(ddof=1))],
                "deviation": float((b - a).std(ddof=1)),
                "unpaired": float(np.sqrt(a.var(ddof=1) + b.var(ddof=1))),
            }
        )
    return found


def concordance(arms: dict[str, dict[int, float]]) -> dict[str, Any] | None:
    """Whether the same seeds are good in all arms: mean rank correlation of two arms, Friedman's p.

    Over the seeds that all arms have, None where these are too few; by ranks, as spreads differ.
    """
    seeds = sorted(set.intersection(*(set(its) for its in arms.values())))
    if len(seeds) < _FEWEST or len(arms) < 2:
        return None
    by_seed = [[its[seed] for its in arms.values()] for seed in seeds]
    tested = stats.friedmanchisquare(*by_seed)
    agreement = float(tested.statistic) / (len(arms) * (len(seeds) - 1))  # Kendall's W
    return {
        "arms": len(arms),
        "seeds": len(seeds),
        "rank correlation": (len(arms) * agreement - 1) / (len(arms) - 1),
        "p": float(tested.pvalue),
    }


def concordance_table(rows: list[dict[str, Any]]) -> str:
    head = ["data set", "arms", "seeds of all", "mean rank correlation of two arms", "p"]
    body = [
        [
            f"{row['dataset']}, {row['model']}",
            *(str(row[name]) for name in ("arms", "seeds")),
            f"{row['rank correlation']:+.2f}",
            f"{row['p']:.2g}",
        ]
        for row in rows
    ]
    return table(head, body)


def pairing_table(rows: list[dict[str, Any]]) -> str:
    head = ["data set", "arms", "seeds", "correlation", "deviations of the runs"]
    head += ["of paired differences", "of unpaired ones"]
    body = []
    for row in rows:
        first, second = row["deviations"]
        body.append(
            [
                f"{row['dataset']}, {row['model']}",
                " and ".join(row["arms"]),
                str(row["seeds"]),
                f"{row['correlation']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})",
                f"{first:.2f}, {second:.2f}",
                f"{row['deviation']:.2f}",
                f"{row['unpaired']:.2f}",
            ]
        )
    return table(head, body)


def _accuracies(plan: Plan, path: Path) -> dict[tuple[str, str], dict[str, dict[int, float]]]:
    """Of finished cells, points, by data set and network, arm and seed."""
    folder = StudyFolder(path)
    found: dict[tuple[str, str], dict[str, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for cell in plan.cells:
        run = folder.run(cell)
        if run.done:
            accuracy = run.read_result().test.accuracy
            if accuracy is not None:
                its = found[cell.dataset, cell.model]
                its[cell.augmentation][cell.seed] = to_points(accuracy)
    return found
