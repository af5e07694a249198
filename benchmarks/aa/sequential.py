"""Adding seeds until all is decided: false claims, claims of planted effects, and seeds spent."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from augury.errors import InputError
from augury.stats import Comparison, Pair, Rule

from .judging import is_claim, judge_quickly
from .simulate import Job, count
from .studies import RunModel, Study

LOOKS = (6, 8, 10, 12, 14, 16)
ARMS = (1, 3)
POINTS = (0.0, 1.0, 2.0, 3.0, 4.0)
_STREAM = 2000
_AT_EVERY_LOOK = Rule(replicates=1000, looks=LOOKS)
_PEEKING = Rule(replicates=1000)


def sequential_rows(
    pool: ProcessPoolExecutor, model: RunModel, studies: int, seed: int
) -> list[dict[str, Any]]:
    """For each number of arms and each true difference: counts of studies and of seeds.

    studies: without an effect; those with a planted one are a fifth as many, as rates near ½ need
    no such precision and each of their looks costs bootstraps.
    """
    rows = []
    for arms in ARMS:
        for points in POINTS:
            share = points / 100 / (1 - model.moments()[0])
            if share >= 1:
                raise InputError(f"{points:g} points cannot be planted")
            stream = _STREAM + round(100 * points)
            of = studies if points == 0 else studies // 5
            job = Job(model, arms, LOOKS[-1], of, seed, stream, share)
            rows.append({"arms": arms, "points": points, "studies": of})
            rows[-1] |= dict(count(pool, decisions, job))
            print(rows[-1], flush=True)
    return rows


def decisions(job: Job) -> Counter[str]:
    """Studies with any claim, and arms with one: corrected for looking, uncorrected, and once.

    seeds: of all arms in the corrected studies, which stop adding them to an arm when decided.
    """
    found: Counter[str] = Counter()
    for _, study in job.draw():
        ways = {
            "corrected": _run(study, _AT_EVERY_LOOK),
            "peeking": _run(study, _PEEKING),
            "once": judge_quickly(study.pairs(), _PEEKING),
        }
        for way, comparisons in ways.items():
            claims = sum(map(is_claim, comparisons))
            found[f"{way}: studies"] += claims > 0
            found[f"{way}: arms"] += claims
        found["seeds"] += sum(len(c.seeds) for c in ways["corrected"])
    return found


def _run(study: Study, rule: Rule) -> list[Comparison]:
    """The verdicts at the end of a study that goes from look to look with what is undecided."""
    seeds = [LOOKS[0]] * (len(study.correct) - 1)
    while True:
        pairs = [_first(pair, n) for pair, n in zip(study.pairs(), seeds, strict=True)]
        comparisons = judge_quickly(pairs, rule)
        goes_on = [i for i, c in enumerate(comparisons) if not is_claim(c) and seeds[i] < LOOKS[-1]]
        if not goes_on:
            return comparisons
        for i in goes_on:
            seeds[i] = next(look for look in LOOKS if look > seeds[i])


def _first(pair: Pair, seeds: int) -> Pair:
    if pair.correct is None or pair.baseline_correct is None:
        raise ValueError("predictions are needed")
    return replace(
        pair,
        seeds=pair.seeds[:seeds],
        accuracy=pair.accuracy[:seeds],
        baseline_accuracy=pair.baseline_accuracy[:seeds],
        correct=pair.correct[:seeds],
        baseline_correct=pair.baseline_correct[:seeds],
    )
