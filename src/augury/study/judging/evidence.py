"""Write evidence.json: what stands beside the verdicts."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from augury.records import evidence as records
from augury.records.evidence import Evidence, InterquartileMean, Overall, Ranks
from augury.records.json_file import to_values
from augury.records.plan import Plan
from augury.schema import read_as
from augury.stats import friedman, interquartile_mean, iqm_interval, to_points
from augury.study.judging.judge import JudgedArm
from augury.study.judging.memo import Memo
from augury.study.judging.pairs import Arm
from augury.study.judging.subgroups import with_effects
from augury.study.store import StudyFolder

_BySeed = Mapping[int, float | None]


def write_evidence(
    plan: Plan, folder: StudyFolder, judged: dict[Arm, JudgedArm], memo: Memo
) -> None:
    """Write the secondary evidence of every planned arm, and of all arms together."""
    evidence = Evidence(
        baseline=plan.baseline,
        arms=with_effects(
            plan,
            {arm: found.evidence for arm, found in judged.items()},
            {arm: found.subgroups for arm, found in judged.items()},
        ),
        overall=_overall({arm: dict(found.accuracies) for arm, found in judged.items()}, memo),
    )
    records.write_evidence(folder.path / "evidence.json", evidence)


def _overall(found: Mapping[Arm, _BySeed], memo: Memo) -> Overall | None:
    """Ranks and interquartile means of the arms over several pairs of data set and network.

    found: test accuracies in [0, 1] by seed, of all planned arms. None for a single pair, and
    where an arm lacks a run that the comparison needs.
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
    means = memo.recall(
        [
            ({"interquartile": values.tolist()}, partial(_interquartile, values))
            for values in scores.values()
        ]
    )
    return Overall(
        arms=tuple(arms),
        problems=tuple(problems),
        seeds=tuple(seeds),
        ranks=_ranks(np.stack([values.mean(axis=0) for values in scores.values()], axis=1)),
        interquartile_means=read_as(tuple[InterquartileMean, ...], means, "judged.json"),
    )


def _interquartile(scores: NDArray[np.float64]) -> object:
    """The `InterquartileMean` of (seeds, problems) accuracies, as JSON values."""
    interval = iqm_interval(scores) if len(scores) > 1 else None
    return to_values(InterquartileMean(interquartile_mean(scores), interval))


def _ranks(means: NDArray[np.float64]) -> Ranks | None:
    """Friedman's test of (problems, arms) means.

    None for fewer than three arms, and for arms that are equal everywhere: the test says nothing.
    """
    try:
        ranks = friedman(means)
    except ValueError:
        return None
    mean_ranks = tuple(float(rank) for rank in ranks.mean_ranks)
    return Ranks(**{**vars(ranks), "mean_ranks": mean_ranks})


def _scores(
    found: Mapping[Arm, _BySeed],
    arm: str,
    problems: Sequence[tuple[str, str]],
    seeds: Sequence[int],
) -> NDArray[np.float64]:
    """(seeds, problems) test accuracies of one augmentation, percent; NaN where there is none."""
    accuracies = [[found[(*p, arm)][seed] for p in problems] for seed in seeds]
    return to_points(np.array(accuracies, dtype=np.float64))
