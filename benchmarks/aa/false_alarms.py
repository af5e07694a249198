"""How often studies without an effect claim one: by the rule, by its parts, by habits."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from augury.errors import InputError
from augury.stats import Comparison, Rule, judge

from .judging import claims, conditions, habits, is_claim, judge_quickly, two_way_alone
from .simulate import Job, count
from .studies import Source, Study

# Arms beside the baseline, and seeds.
FAMILIES = ((1, 6), (3, 6), (3, 10), (8, 6), (8, 10))
# The two-way bootstrap costs a hundred times the rest, so alone it is tried on fewer studies.
_TWO_WAY_STUDIES = 200
_QUICK = Rule(replicates=1000)


def real_verdicts(studies: list[Study]) -> dict[str, Any]:
    """Counts of verdicts of the default rule, and of studies with a false one."""
    judged = [judge(study.pairs(), Rule()) for study in studies]
    arms, seeds = studies[0].correct.shape[0] - 1, studies[0].correct.shape[1]
    return {
        "arms": arms,
        "seeds": seeds,
        "studies": len(studies),
        "studies_with_a_claim": sum(any(map(is_claim, study)) for study in judged),
        "verdicts": dict(Counter(c.verdict for study in judged for c in study)),
        "differences": [round(c.difference, 3) for study in judged for c in study],
        "p": [round(c.p, 4) for study in judged for c in study],
    }


def simulated_rates(
    pool: ProcessPoolExecutor, source: Source, stream: int, studies: int, seed: int
) -> list[dict[str, Any]]:
    """For each family, the number of studies in which each way of deciding finds an effect."""
    rows = []
    for arms, seeds in FAMILIES:
        found = count(pool, false_alarms, Job(source, arms, seeds, studies, seed, stream))
        tried = {"two-way": min(studies, _TWO_WAY_STUDIES)}
        rows.append({"arms": arms, "seeds": seeds, "studies": studies, "tried": tried})
        rows[-1]["found"] = {name: found[name] for name in LABELS}
        print(f"{arms} arms, {seeds} seeds: {found['rule']} of {studies}", flush=True)
    return rows


LABELS = {
    "rule": "**the whole rule**",
    "t": "t test, p < 0.05, unadjusted",
    "holm": "t test, p < 0.05, adjusted by Holm",
    "permutation": "sign flips, p < 0.05, unadjusted",
    "probability": "P(better) ≥ 0.75 and its bound over ½",
    "two-way": f"interval over seeds × images leaves 0 out (first {_TWO_WAY_STUDIES})",
    "difference": "mean differs by ≥ 0.2 points",
    "three seeds": "habit: mean of 3 seeds ahead by ≥ 0.2 points",
    "one seed": "habit: 1 seed ahead by ≥ 0.2 points",
    "best runs": "habit: best run ahead of best run by ≥ 0.2 points",
    "mcnemar": "habit: 1 seed ahead, McNemar's p < 0.05",
}


def false_alarms(job: Job) -> Counter[str]:
    """By the keys of LABELS; a condition fires for either direction, a habit for a gain."""
    found: Counter[str] = Counter()
    for number, study in job.draw():
        pairs = study.pairs()
        fired = conditions(pairs, _QUICK) | habits(pairs, Rule().min_difference)
        fired["rule"] = claims(pairs, Rule())
        fired["two-way"] = number < _TWO_WAY_STUDIES and two_way_alone(pairs, _QUICK)
        found.update(name for name, fires in fired.items() if fires)
    return found


def shortcuts(job: Job) -> Counter[str]:
    """Comparisons, claims, and claims that are others with a tenth of the replicates.

    Raises InputError where `judge_quickly` claims anything else than `judge`.
    """
    found: Counter[str] = Counter()
    for number, study in job.draw():
        pairs = study.pairs()
        whole = [_claim(c) for c in judge(pairs, Rule())]
        if [_claim(c) for c in judge_quickly(pairs, Rule())] != whole:
            raise InputError(f"study {number}: the quick claims are not those of judge")
        fewer = [_claim(c) for c in judge(pairs, _QUICK)]
        others = sum(a != b for a, b in zip(fewer, whole, strict=True))
        found.update(comparisons=len(pairs), claims=sum(map(bool, whole)), others=others)
    return found


def _claim(comparison: Comparison) -> str:
    return comparison.verdict if is_claim(comparison) else ""
