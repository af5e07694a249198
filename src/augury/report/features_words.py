"""Which arms' features were computed once, in words: their steps are not those of the others."""

from augury.report.load import StudyRecords
from augury.report.words import listed


def features_lines(study: StudyRecords) -> list[str]:
    """One line, or none where no arm has a frozen body that saw each image once."""
    done = [run.result for run in study.runs if run.result]
    once = {result.cell.augmentation for result in done if result.speed.features == "once"}
    arms = [arm for arm in study.arms if arm in once]
    if not arms:
        return []
    return [
        f"features of {listed(arms)} computed once, as the images never change: a step there is "
        "one of the head alone, with its share of that pass, and not to be compared with others"
    ]
