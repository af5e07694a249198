"""Whom an arm helps and hurts, in words: for the terminal, report.md and the page."""

from collections.abc import Sequence
from typing import Literal

from augury.records.evidence import ArmEvidence, NamedEffect
from augury.records.plan import Groups
from augury.report.load import StudyRecords
from augury.report.words import count, fixed, listed

# More classes than these are counted.
_BY_NAME = 3


_Verdicts = Sequence[Literal["hurts", "helps"]]


def subgroup_lines(study: StudyRecords, verdicts: _Verdicts = ("hurts", "helps")) -> list[str]:
    """A line for each arm that hurts or helps some subgroup: "flip hurts class 6 by 4.1 (…)"."""
    several = len(study.groups) > 1
    lines = []
    for arm in study.evidence.arms if study.evidence else ():
        if told := subgroups_told(study, arm, verdicts):
            where = f" ({arm.model} on {arm.dataset})" if several else ""
            lines.append(f"{arm.augmentation}{where} {told}")
    return lines


def subgroups_told(
    study: StudyRecords, arm: ArmEvidence, verdicts: _Verdicts = ("hurts", "helps")
) -> str:
    """ "hurts class shirt by 4.1 (1.2 to 7.0); helps camera left by …"; "" where none is found."""
    groups = study.datasets[arm.dataset].groups
    kinds = [("class", "classes", arm.classes), (*group_noun(groups), arm.groups)]
    parts = [
        f"{verdict} {told}"
        for verdict in verdicts
        for noun, plural, effects in kinds
        if (told := _of_kind(verdict, noun, plural, effects))
    ]
    return "; ".join(parts)


def group_noun(groups: Groups | None) -> tuple[str, str]:
    """What the groups are, by the table's column: "camera" and its plural."""
    noun = groups.column if groups else "group"
    return noun, f"{noun}s"


def _of_kind(verdict: str, noun: str, plural: str, effects: Sequence[NamedEffect]) -> str:
    sign = 1 if verdict == "helps" else -1
    found = [effect for effect in effects if effect.found and sign * effect.difference > 0]
    found.sort(key=lambda effect: -abs(effect.difference))
    told = [f"{noun} {_size(effect, sign)}" for effect in found[:_BY_NAME]]
    if rest := len(found) - len(told):
        told.append(count(rest, f"more {noun}", f"more {plural}"))
    return listed(told) if told else ""


def _size(effect: NamedEffect, sign: int) -> str:
    size = f"{effect.name} by {fixed(abs(effect.difference), 1)}"
    if not effect.interval:
        return size
    low, high = sorted(sign * end for end in effect.interval)
    return f"{size} ({fixed(low, 1)} to {fixed(high, 1)})"
