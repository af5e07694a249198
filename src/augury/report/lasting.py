"""What became of decided arms under other conditions: the rows of its tables, and its words."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from augury.records.verdicts import ArmVerdict
from augury.report.load import StudyRecords
from augury.report.words import count, fixed, listed
from augury.study.confirming.conditions import CONDITIONS, Condition
from augury.study.confirming.reading import Confirmation, Finding

# An answer names so many conditions of an arm; of more, the first of each kind.
_EACH_BY_ITSELF = 2
# What one of several verdicts does, and more of them do.
_VERBS: dict[Finding, tuple[str, str]] = {
    "holds": ("holds", "hold"),
    "flips": ("flips", "flip"),
    "fades": ("fades", "fade"),
    "not decided": ("is not decided", "are not decided"),
    "cannot say": ("cannot be judged", "cannot be judged"),
    "failed": ("has failed", "have failed"),
}


@dataclass(frozen=True)
class LastingRow:
    """A decided arm: its comparison in the study, and what was found, by condition."""

    comparison: ArmVerdict
    found: Mapping[str, Confirmation]


@dataclass(frozen=True)
class LastingGroup:
    """The decided arms of a data set and network that were asked again."""

    dataset: str
    model: str
    rows: Sequence[LastingRow]


def asked_conditions(study: StudyRecords) -> dict[str, Condition]:
    """The conditions that any arm was asked again under, by name."""
    asked = {each.condition for each in study.confirmations}
    return {name: condition for name, condition in CONDITIONS.items() if name in asked}


def lasting_groups(study: StudyRecords) -> list[LastingGroup]:
    """The arms that were asked again, in the study's order; empty where none was."""
    groups = []
    for dataset, model in study.groups:
        rows = [
            LastingRow(each, found)
            for each in study.comparisons
            if each.arm[:2] == (dataset, model)
            if (found := {c.condition: c for c in study.confirmations if c.arm == each.arm})
        ]
        if rows:
            groups.append(LastingGroup(dataset, model, rows))
    return groups


def lasting_phrase(study: StudyRecords, comparison: ArmVerdict) -> str:
    """What an answer adds to an arm's verdict: ", by 0.30 at twice the epochs".

    "" where it was not asked again, or nothing is decided there.
    """
    own = [each for each in study.confirmations if each.arm == comparison.arm]
    held, flipped, faded = (
        [each for each in own if each.finding == finding] for finding in ("holds", "flips", "fades")
    )
    named = len(held) + len(flipped) + len(faded) <= _EACH_BY_ITSELF
    pieces = _sizes(held, named)
    if flipped:
        first, *more = _sizes(flipped, named)
        opposite = "hurting" if comparison.verdict == "helps" else "helping"
        pieces += [f"{opposite} {first}", *more]
    if faded:
        where = listed([_where(each) for each in faded])
        pieces.append(f"no longer {where}")
    return f", {listed(pieces)}" if pieces else ""


def _sizes(found: Sequence[Confirmation], named: bool) -> list[str]:
    """ "by 0.30 at twice the epochs"; where not all are `named`, the rest as a range."""
    told = found if named else found[:1]
    pieces = [f"by {_size(each)} {_where(each)}" for each in told]
    if rest := sorted(abs(each.difference or 0.0) for each in found[len(told) :]):
        ends = dict.fromkeys((fixed(rest[0]), fixed(rest[-1])))
        pieces.append(f"by {' to '.join(ends)} under {count(len(rest), 'other condition')}")
    return pieces


def _size(found: Confirmation) -> str:
    return fixed(abs(found.difference or 0.0))


def _where(found: Confirmation) -> str:
    return CONDITIONS[found.condition].where


def _verb(finding: Finding, number: int) -> str:
    one, many = _VERBS[finding]
    return one if number == 1 else many


def lasting_summary(study: StudyRecords) -> str:
    """ "Asked again under 3 other conditions, of 6 verdicts 5 hold and 1 fades."; "" for none."""
    found = study.confirmations
    if not found:
        return ""
    asked = asked_conditions(study)
    where = [condition.where for condition in asked.values()]
    under = where[0] if len(asked) == 1 else f"under {count(len(asked), 'other condition')}"
    counts = Counter(each.finding for each in found)
    finding, *others = counts
    if not others and finding in ("holds", "flips", "fades"):
        which = {1: "the verdict", 2: "both verdicts"}.get(len(found), f"all {len(found)} verdicts")
        return f"Asked again {under}, {which} {_verb(finding, len(found))}."
    parts = [f"{counts[name]} {_verb(name, counts[name])}" for name in _VERBS if counts[name]]
    return f"Asked again {under}, of {count(len(found), 'verdict')} {listed(parts)}."
