"""How far runs with equal seeds go together, in words."""

from statistics import median

from augury.records.evidence import ArmEvidence
from augury.report.load import StudyRecords
from augury.report.words import count, fixed, listed, span
from augury.stats import Pairing

# More arms than these are summed up; evidence.json has them all.
_EACH_BY_NAME = 3


def pairing_lines(study: StudyRecords) -> list[str]:
    """One line, or none where no arm shares four seeds with its baseline.

    "equal seeds need not mean equal luck: test accuracies of an arm and its baseline correlate by
    0.12 (median of 11 arms, −0.31 to 0.52), and their differences vary 0.88 times as much as those
    of unpaired runs".
    """
    arms = study.evidence.arms if study.evidence else ()
    found = [(arm, arm.pairing) for arm in arms if arm.pairing]
    if not found:
        return []
    told = _each(study, found) if len(found) <= _EACH_BY_NAME else _all([p for _, p in found])
    return [
        f"equal seeds need not mean equal luck: {study.measured} of an arm and of its baseline "
        f"{told} of that of unpaired runs"
    ]


def _each(study: StudyRecords, found: list[tuple[ArmEvidence, Pairing]]) -> str:
    several = len(study.groups) > 1
    told = [
        f"{fixed(pairing.correlation)} for {arm.augmentation}"
        f"{f' with {arm.model} on {arm.dataset}' if several else ''} ({span(pairing.interval)})"
        for arm, pairing in found
    ]
    ratios = listed([f"{100 * pairing.variance_ratio:.0f} %" for _, pairing in found])
    return f"correlate by {listed(told)}, and the variance of their differences is {ratios}"


def _all(found: list[Pairing]) -> str:
    correlations = [pairing.correlation for pairing in found]
    ratio = 100 * median(pairing.variance_ratio for pairing in found)
    spread = f"{fixed(min(correlations))} to {fixed(max(correlations))}"
    arms = f"median of {count(len(found), 'arm')}, {spread}"
    return (
        f"correlate by {fixed(median(correlations))} ({arms}), and the variance of their "
        f"differences is {ratio:.0f} %"
    )
