"""Write verdicts.json: Holm's correction over all arms, and the verdict of each."""

from augury.records import verdicts as records
from augury.records.plan import Plan
from augury.records.verdicts import ArmVerdict, Verdicts
from augury.stats import decide
from augury.study.judging.judge import JudgedArm
from augury.study.judging.pairs import Arm
from augury.study.judging.trained import next_budget
from augury.study.store import StudyFolder


def write_verdicts(plan: Plan, folder: StudyFolder, judged: dict[Arm, JudgedArm]) -> Verdicts:
    """Compare each arm with the baseline of its data set and model; returns what is written.

    Only seeds that both have finished are compared, in a race those before the first that is
    missing; `unpaired` names seeds that only one of the two has.
    """
    weighed = {arm: found.weighed for arm, found in judged.items() if found.weighed}
    waiting = [arm[2] for arm in judged if arm not in weighed and arm[2] != plan.baseline]
    arms = [arm[2] for arm in weighed]
    comparisons = decide(list(weighed.values()), plan.rule, arms, waiting)
    trained = tuple(found.trained for found in judged.values())
    epochs, seconds = next_budget(trained, _epochs(plan), _seconds(judged))
    verdicts = Verdicts(
        rule=plan.rule,
        trained=trained if any(each.runs for each in trained) else (),
        next_epochs=epochs,
        next_seconds=seconds,
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


def _epochs(plan: Plan) -> int:
    """Of each run: all arms of a study have the same recipe."""
    return plan.cells[0].recipe.epochs if plan.cells else 0


def _seconds(judged: dict[Arm, JudgedArm]) -> dict[Arm, float]:
    """Seconds of all planned runs of each arm, one after the other, as far as runs tell."""
    return {
        arm: found.evidence.runs.planned * found.evidence.budget.seconds
        for arm, found in judged.items()
        if found.evidence.budget and found.evidence.budget.seconds is not None
    }
