"""The best arm as code for one's own training loop."""

import shlex

from augury.report.load import StudyRecords
from augury.report.what_next.step import NextStep


def take_home(study: StudyRecords) -> NextStep | None:
    """Of the arm that helps most, where one does."""
    helping = [each for each in study.comparisons if each.verdict == "helps"]
    if not helping:
        return None
    best = max(helping, key=lambda each: each.difference or 0.0)
    command = shlex.join(("augury", "export", str(study.folder), "--to", "torchvision"))
    return NextStep(f"take {best.augmentation} into your own training", command, None, 0)
