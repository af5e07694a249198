"""Plausible verdicts for `report_studies`: a t interval, and made-up values for the rest."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from augury.records.plan import Plan
from augury.records.verdicts import ArmVerdict, Trained, Verdicts
from augury.stats import Rule
from augury.stats.comparison import Comparison, Verdict
from augury.study import StudyFolder

RULE = Rule()


def made_up_verdicts(plan: Plan, folder: StudyFolder) -> Verdicts:
    """Each arm with at least one seed in common with the baseline; all have learned enough."""
    return Verdicts(RULE, tuple(_comparisons(plan, folder)), tuple(_trained(plan, folder)))


def _trained(plan: Plan, folder: StudyFolder) -> Iterator[Trained]:
    done = [cell for cell in plan.cells if folder.run(cell).done]
    arms = Counter((cell.dataset, cell.model, cell.augmentation) for cell in done)
    for arm, runs in arms.items():
        yield Trained(*arm, runs=runs, steps=24, right=99.5, rise=0.25, still_learning=False)


def _comparisons(plan: Plan, folder: StudyFolder) -> Iterator[ArmVerdict]:
    groups: dict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
    for cell in plan.cells:
        run = folder.run(cell)
        if run.done:
            accuracy = run.read_result().test.accuracy
            assert accuracy is not None
            groups[cell.dataset, cell.model, cell.augmentation][cell.seed] = 100 * accuracy
    for (dataset, model, arm), found in groups.items():
        base = groups.get((dataset, model, plan.baseline), {})
        seeds = tuple(sorted(found.keys() & base.keys()))
        if arm != plan.baseline and seeds:
            pair = np.array([found[s] for s in seeds]), np.array([base[s] for s in seeds])
            yield ArmVerdict(
                **vars(_compare(seeds, *pair)),
                dataset=dataset,
                model=model,
                augmentation=arm,
                baseline=plan.baseline,
                unpaired=tuple(sorted(found.keys() ^ base.keys())),
            )


def _compare(
    seeds: tuple[int, ...], arm: NDArray[np.float64], base: NDArray[np.float64]
) -> Comparison:
    differences = arm - base
    n, mean = len(differences), float(differences.mean())
    known = n > 1
    half = float(stats.sem(differences) * stats.t.ppf(0.975, n - 1)) if known else 0.0
    interval = (mean - half, mean + half) if known else None
    p = float(stats.ttest_rel(arm, base).pvalue) if known else None
    verdict: Verdict = "not shown"
    words = "not shown; this study could have seen ≥ 0.88 points"
    if n < RULE.min_seeds:
        verdict, words = "cannot say", f"cannot say: {n} paired seeds, the rule needs 6"
    elif abs(mean) > half:
        verdict = "helps" if mean > 0 else "hurts"
        words = f"{verdict} by {abs(mean):.2f} ± {half:.2f} points"
    return Comparison(
        seeds=seeds,
        accuracy=float(arm.mean()),
        baseline_accuracy=float(base.mean()),
        difference=mean,
        interval=interval,
        p=p,
        p_unadjusted=p,
        p_permutation=0.03125 if known else None,
        probability_of_improvement=float(np.mean(differences > 0)),
        probability_interval=(0.5, 1.0) if known else None,
        two_way_interval=interval,
        detectable=0.871 if known else None,
        decided=verdict in ("helps", "hurts"),
        verdict=verdict,
        words=words,
    )
