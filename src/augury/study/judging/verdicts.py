"""Write verdicts.json: Holm's correction over all arms, and the verdict of each."""

from augury.records import verdicts as records
from augury.records.plan import Plan
from augury.records.verdicts import ArmVerdict, Verdicts
from augury.stats import decide
from augury.study.judging.judge import JudgedArm
from augury.study.judging.pairs import Arm
from augury.study.store import StudyFolder


def write_verdicts(plan: Plan, folder: StudyFolder, judged: dict[Arm, JudgedArm]) -> Verdicts:
    """Compare each arm with the baseline of its data set and model; returns what is written.

    Only seeds that both have finished are compared; `unpaired` names the others.
    """
    weighed = {arm: found.weighed for arm, found in judged.items() if found.weighed}
    comparisons = decide(list(weighed.values()), plan.rule)
    verdicts = Verdicts(
        rule=plan.rule,
        comparisons=tuple(
            ArmVerdict(
                **vars(comparison),
                dataset=arm[0],
                model=arm[1],
                augmentation=arm[2],
                baseline=plan.baseline,
                unpaired=judged[arm].unpaired,
            )
            for arm, comparison in zip(weighed, comparisons, strict=True)
        ),
    )
    records.write_verdicts(folder.path / "verdicts.json", verdicts)
    return verdicts
