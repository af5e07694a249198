"""Judging a study as people meet it, and writing its report; needs no PyTorch."""

from pathlib import Path

from augury.errors import CellsFailed
from augury.inside import is_there
from augury.records.plan import plan_of
from augury.report.html import write_report
from augury.report.load import StudyRecords, load_study
from augury.report.markdown import write_markdown
from augury.report.summary import write_summary
from augury.study.cell_states import CellCounts, count_cells
from augury.study.confirming.conditions import CONDITIONS, condition_folder
from augury.study.judging.judge_study import judge_study
from augury.study.store import StudyFolder
from augury.terminal.loading_progress import data_progress


def judge_shown(path: Path) -> CellCounts:
    """Judge what has changed of a study, and show how far that is.

    Also under the conditions that its decided arms were asked again, with a report of each.
    """
    counts = _judge(path)
    for condition in CONDITIONS:
        folder = condition_folder(path, condition)
        if is_there(folder / "plan.json"):
            _judge(folder)
            write_all(folder)
    return counts


def _judge(path: Path) -> CellCounts:
    plan, folder = plan_of(path), StudyFolder(path)
    with data_progress() as progress:
        judge_study(plan, folder, progress)
    return count_cells(plan, folder)


def write_all(path: Path) -> tuple[StudyRecords, Path]:
    """Write summary.csv, report.md and report.html; returns the records and the page's path."""
    records = load_study(path)
    write_summary(records)
    write_markdown(records)
    return records, write_report(records)


def check_all_done(reached: CellCounts, path: Path) -> None:
    """Raise CellsFailed where cells have failed."""
    if reached.failed:
        raise CellsFailed(
            f"{reached.failed} of {reached.cells} cells failed; augury status {path} says why, "
            "the same command tries them again"
        )
