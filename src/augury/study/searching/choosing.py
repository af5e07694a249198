"""What a step of a search tries, and what it chooses: pure functions of names and verdicts."""

from collections.abc import Sequence

from augury.records.search import Step, Tried
from augury.records.verdicts import ArmVerdict


def combined(candidates: Sequence[str], chosen: Sequence[str]) -> str:
    """The combination of the `chosen` ones, in the order in which the candidates are named."""
    return "+".join(each for each in candidates if each in chosen)


def next_step(
    candidates: Sequence[str], baseline: str, steps: Sequence[Step]
) -> tuple[str, dict[str, str]]:
    """The base of the next step, and its arms with the candidate that each adds to the base.

    The first step tries each candidate alone; each later one adds every candidate that is left to
    what the step before it has chosen. No arms where the search has ended.
    """
    if not steps:
        return baseline, {each: each for each in candidates}
    base = steps[-1].chosen
    if not base:
        return steps[-1].base, {}
    chosen = [step.added for step in steps]
    left = [each for each in candidates if each not in chosen]
    return base, {combined(candidates, [*chosen, each]): each for each in left}


def choose(tried: Sequence[Tried]) -> str:
    """The arm that helps most, by its mean difference; the first of equal ones; "" for none."""
    helping = [each for each in tried if each.verdict == "helps" and each.difference is not None]
    if not helping:
        return ""
    return max(helping, key=lambda each: each.difference or 0.0).augmentation


def tried_of(comparison: ArmVerdict, deviation: float | None) -> Tried:
    """What a verdict says, as a search keeps it. deviation: of the paired differences, points."""
    return Tried(
        comparison.augmentation,
        comparison.verdict,
        comparison.words,
        comparison.difference,
        comparison.interval,
        len(comparison.seeds),
        deviation,
    )
