"""The best arm as code for one's own training loop."""

import shlex
from pathlib import Path

from augury.report.load import StudyRecords
from augury.report.what_next.step import NextStep


def take_home(study: StudyRecords) -> NextStep | None:
    """Of a search's winner where its test says that it helps; else of the arm that helps most.

    Not of an arm that hurts under another condition.
    """
    search = study.search
    if search and search.test and search.test.verdict == "helps":
        return _export(search.test.augmentation, study.folder / search.test_folder)
    flips = {each.arm for each in study.confirmations if each.finding == "flips"}
    helping = [c for c in study.comparisons if c.verdict == "helps" and c.arm not in flips]
    if not helping:
        return None
    best = max(helping, key=lambda each: each.difference or 0.0)
    return _export(best.augmentation, study.folder)


def _export(arm: str, folder: Path) -> NextStep:
    command = shlex.join(("augury", "export", str(folder), "--to", "torchvision"))
    return NextStep(f"take {arm} into your own training", command, None, 0)
