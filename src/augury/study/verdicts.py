"""From what was judged of each arm to `verdicts.json`."""

from dataclasses import asdict
from typing import Any

from augury.stats import decide
from augury.study.judging import JudgedArm
from augury.study.pairs import Arm
from augury.study.plan import Plan
from augury.study.store import StudyFolder, write_json


def write_verdicts(plan: Plan, folder: StudyFolder, judged: dict[Arm, JudgedArm]) -> dict[str, Any]:
    """Hold each arm against the baseline arm of its data set and model; returns what is written.

    Only seeds that both arms have finished are compared; `unpaired` names the others.
    """
    weighed = {arm: found.weighed for arm, found in judged.items() if found.weighed}
    comparisons = decide(list(weighed.values()), plan.rule)
    verdicts = {
        "schema": 1,
        "unit": "percentage points of test accuracy",
        "rule": asdict(plan.rule),
        "comparisons": [
            {
                "dataset": arm[0],
                "model": arm[1],
                "augmentation": arm[2],
                "baseline": plan.baseline,
                **asdict(comparison),
                "unpaired": list(judged[arm].unpaired),
            }
            for arm, comparison in zip(weighed, comparisons, strict=True)
        ],
    }
    write_json(folder.path / "verdicts.json", verdicts)
    return verdicts
