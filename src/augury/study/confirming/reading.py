"""What the conditions of a study have found, read from their folders whenever it is asked for.

Nothing is stored beside them, so that nothing can be out of date.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from augury.inside import is_there
from augury.records.failure import read_failure
from augury.records.plan import Plan, read_plan
from augury.records.verdicts import ArmVerdict, Verdicts, read_verdicts
from augury.stats.comparison import Interval, Verdict
from augury.stats.rule import Rule
from augury.study.confirming.conditions import CONDITIONS, condition_folder
from augury.study.confirming.strengths import find_at_strength
from augury.study.judging.pairs import Arm, arm_of
from augury.study.store import StudyFolder

# What the verdicts of study and condition must have in common to be compared.
_JUDGED_BY = ("alpha", "min_difference", "metric", "confidence")

Finding = Literal["holds", "flips", "fades", "not decided", "cannot say", "failed"]


@dataclass(frozen=True)
class Confirmation:
    """A decided arm of a study under another condition.

    condition: one of `CONDITIONS`; dataset, model, augmentation, verdict: of the arm in the study;
    asked: the arm's name there, "cutout@0.5" for "cutout" at half the strength; finding: "holds"
    (the same verdict), "flips" (the opposite one), "fades" (no difference that matters), "not
    decided", "cannot say" (with the reason in `words`) or "failed"; difference, interval: there,
    points, None while unknown; seeds: pairs there; words: what is said there, in one line; folder:
    of that study, inside this one.
    """

    condition: str
    dataset: str
    model: str
    augmentation: str
    verdict: Verdict
    asked: str
    finding: Finding
    difference: float | None
    interval: Interval | None
    seeds: int
    words: str
    folder: str

    @property
    def arm(self) -> Arm:
        """Data set, network and augmentation in the study."""
        return self.dataset, self.model, self.augmentation

    @property
    def settled(self) -> bool:
        """Whether more seeds would change nothing about the finding."""
        return self.finding in ("holds", "flips", "fades")


def decided_arms(comparisons: Sequence[ArmVerdict]) -> list[ArmVerdict]:
    """Those that are asked again: they help or hurt."""
    return [each for each in comparisons if each.verdict in ("helps", "hurts")]


def find(verdict: Verdict, there: Verdict) -> Finding:
    """What becomes of `verdict`, helps or hurts, under a condition in which an arm gets `there`."""
    if there in ("helps", "hurts"):
        return "holds" if there == verdict else "flips"
    if there == "cannot say":
        return "cannot say"
    return "fades" if there == "no difference" else "not decided"


def read_confirmations(path: Path, judged: Verdicts | None) -> tuple[Confirmation, ...]:
    """Of each decided arm of the study in `path` what each condition that was asked has found.

    judged: the study's verdicts. Raises InputError where a file of a condition is damaged.
    """
    decided = decided_arms(judged.comparisons) if judged else []
    found: list[Confirmation] = []
    for condition in CONDITIONS if decided else ():
        folder = condition_folder(path, condition)
        if judged and is_there(folder / "plan.json"):
            found += _of_condition(condition, folder, decided, judged.rule)
    places = {each.arm: place for place, each in enumerate(decided)}
    return tuple(sorted(found, key=lambda each: places[each.arm]))


def _of_condition(
    condition: str, path: Path, decided: Sequence[ArmVerdict], rule: Rule
) -> Iterator[Confirmation]:
    plan, judged = read_plan(path / "plan.json"), read_verdicts(path / "verdicts.json")
    verdicts = {each.arm: each for each in (judged.comparisons if judged else ())}
    planned = dict.fromkeys(map(arm_of, plan.cells))
    factor = CONDITIONS[condition].strength
    for arm in decided:
        there = [name for *group, name in planned if tuple(group) == arm.arm[:2]]
        asked: str | None = arm.augmentation
        if factor is not None:
            asked = find_at_strength(arm.augmentation, factor, there)
        if asked is not None and asked in there and asked != plan.baseline:
            where = *arm.arm[:2], asked
            found = _confirmation(condition, arm, where, verdicts.get(where), plan, path)
            other = _other_rule(rule, plan.rule)
            yield replace(found, finding="cannot say", words=other) if other else found


def _confirmation(
    condition: str, arm: ArmVerdict, where: Arm, there: ArmVerdict | None, plan: Plan, path: Path
) -> Confirmation:
    finding: Finding = "not decided"
    words = "no pair of runs is finished yet"
    if there and there.seeds:
        finding, words = find(arm.verdict, there.verdict), there.words
    elif error := _failure(where, plan, StudyFolder(path)):
        finding, words = "failed", error
    return Confirmation(
        condition=condition,
        dataset=arm.dataset,
        model=arm.model,
        augmentation=arm.augmentation,
        verdict=arm.verdict,
        asked=where[2],
        finding=finding,
        difference=there.difference if there else None,
        interval=there.interval if there else None,
        seeds=len(there.seeds) if there else 0,
        words=words,
        folder=f"confirm/{condition}",
    )


def _other_rule(rule: Rule, there: Rule) -> str:
    """How the condition was judged otherwise than the study is now, "" where it was not."""
    changed = [
        f"{name} {getattr(there, name)} in place of {getattr(rule, name)}"
        for name in _JUDGED_BY
        if getattr(there, name) != getattr(rule, name)
    ]
    return f"judged by another rule, {', '.join(changed)}" if changed else ""


def _failure(arm: Arm, plan: Plan, folder: StudyFolder) -> str:
    """Why a run of the arm or of its baseline failed, "" where none has."""
    sides = (arm, (*arm[:2], plan.baseline))
    for cell in plan.cells:
        run = folder.run(cell)
        if arm_of(cell) in sides and run.failed:
            failure = read_failure(run.error)
            return (failure and failure.error) or "no reason given"
    return ""
