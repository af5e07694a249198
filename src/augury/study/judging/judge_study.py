"""Judging a study: from its finished runs to verdicts.json and evidence.json."""

from augury.data import Progress
from augury.records.plan import Plan
from augury.records.verdicts import Verdicts
from augury.study.judging.evidence import write_evidence
from augury.study.judging.judge import judge_arms
from augury.study.judging.memo import Memo
from augury.study.judging.verdicts import write_verdicts
from augury.study.store import StudyFolder, check_there, disk_errors


def judge_study(plan: Plan, folder: StudyFolder, progress: Progress | None = None) -> Verdicts:
    """Write verdicts and evidence of what is finished; returns the verdicts.

    What was judged before by the same rule, code and files is recalled from `judged.json`.
    """
    with disk_errors(folder.path):
        check_there(folder.path)
        memo = Memo(folder.path / "judged.json")
        judged = judge_arms(plan, folder, memo, progress)
        write_evidence(plan, folder, judged, memo)
        memo.write()
        return write_verdicts(plan, folder, judged)
