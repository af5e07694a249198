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
    compared = {arm: found for arm, found in judged.items() if found.weighed}
    comparisons = decide([found.weighed for found in compared.values() if found.weighed], plan.rule)
    verdicts = {
        "schema": 1,
        "unit": "percentage points of test accuracy",
        "rule": asdict(plan.rule),
        "comparisons": [
            {
                "dataset": dataset,
                "model": model,
                "augmentation": augmentation,
                "baseline": plan.baseline,
                **asdict(comparison),
                "unpaired": list(found.unpaired),
            }
            for ((dataset, model, augmentation), found), comparison in zip(
                compared.items(), comparisons, strict=True
            )
        ],
    }
    write_json(folder.path / "verdicts.json", verdicts)
    return verdicts
