"""Arms that most people try first, where none of a study's helps."""

from dataclasses import replace

from augury.report.load import StudyRecords
from augury.report.what_next.prices import Prices
from augury.report.what_next.step import NextStep, study_command
from augury.report.words import listed
from augury.stats.race import FEWEST_PAIRS

_OPEN = {"helps", "not decided", "cannot say"}
# A mirror image, a crop, a policy and a mixing method: one of each kind, the cheapest first.
_USUAL = ("flip", "crop", "trivialaugment", "cutmix")


def other_arms(study: StudyRecords, prices: Prices) -> NextStep | None:
    """Those of them that the study has not got, where none helps though all was learned."""
    told = {each.verdict for each in study.comparisons}
    new = [arm for arm in _USUAL if not any(arm in each.split("+") for each in study.arms)]
    if not told or told & _OPEN or study.next_epochs is not None or not new:
        return None
    seeds = max((each.decided_after or len(each.seeds) for each in study.comparisons), default=0)
    first = study.runs[0].cell
    cells = [
        replace(first, dataset=dataset, model=model, augmentation=arm, seed=seed)
        for dataset, model in study.groups
        for arm in new
        for seed in range(max(seeds, FEWEST_PAIRS))
    ]
    arms = ",".join([*study.arms, *new])
    return NextStep(
        f"try other arms: {listed(new)}, as none of these helps",
        study_command(study, "--augment", arms),
        prices.of(cells),
        len(new) * len(study.groups),
        prices.at_once,
    )
