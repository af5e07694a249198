"""How often orders of the cases agree: ours with the report's, one seed's with the mean's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import mean

from benchmarks.aa.tables import table
from benchmarks.original.reading import (
    BASELINE,
    CASES,
    NETWORKS,
    REPORT,
    REPORT_CASES,
    REPORT_DATASET,
    Joined,
    Run,
)

# Points. Means of equal accuracies differ by less, different ones by more.
_EQUAL = 1e-9


@dataclass(frozen=True)
class Orders:
    """Of `pairs` pairs of cases, how many are ordered as in the report, and how many are ties."""

    same: int
    ties: int
    pairs: int


def agreement(joined: Joined) -> str:
    """How often our means order two cases of a network as the report's training accuracies do."""
    per_network = {n: pairs for n in NETWORKS if (pairs := _known_pairs(joined, n))}
    if not per_network:
        return f"No network of the report has two of its cases on {REPORT_DATASET}: not run."
    rows = [_orders_row(joined, network, pairs) for network, pairs in per_network.items()]
    everything = [pair for pairs in per_network.values() for pair in pairs]
    rows.append(_orders_row(joined, "all", everything))
    head = ["network", "pairs of cases", "training: as the report", "training: ties"]
    return (
        f"On {REPORT_DATASET}: pairs of cases that our mean accuracy orders as the report's "
        "training accuracy does. Ties are not counted as agreement.\n\n"
        + table([*head, "test: as the report", "test: ties"], rows)
    )


NetworkPair = tuple[str, str, str]  # network and two cases


def _known_pairs(joined: Joined, network: str) -> list[NetworkPair]:
    ours = [case for case in REPORT_CASES if joined.of(REPORT_DATASET, network, case)]
    return [(network, a, b) for a, b in combinations(ours, 2)]


def _orders_row(joined: Joined, name: str, pairs: Sequence[NetworkPair]) -> list[str]:
    training = orders(joined, pairs, lambda run: run.train)
    test = orders(joined, pairs, lambda run: run.test)
    counts = [f"{n} of {len(pairs)}" for o in (training, test) for n in (o.same, o.ties)]
    return [name, str(len(pairs)), *counts]


def orders(
    joined: Joined, pairs: Sequence[NetworkPair], accuracy: Callable[[Run], float]
) -> Orders:
    """Our order of each pair by mean `accuracy`, beside the report's."""
    ours = [
        sign(_mean(joined, network, b, accuracy) - _mean(joined, network, a, accuracy))
        for network, a, b in pairs
    ]
    theirs = [sign(REPORT[network, b] - REPORT[network, a]) for network, a, b in pairs]
    same = sum(bool(x) and x == y for x, y in zip(ours, theirs, strict=True))
    return Orders(same, ours.count(0), len(pairs))


def _mean(joined: Joined, network: str, case: str, accuracy: Callable[[Run], float]) -> float:
    return mean(accuracy(run) for run in joined.of(REPORT_DATASET, network, case).values())


def sign(difference: float) -> int:
    """1, -1, or 0 for points that are equal up to rounding."""
    return 0 if abs(difference) < _EQUAL else (1 if difference > 0 else -1)


@dataclass(frozen=True)
class Flips:
    """A pair of cases over the seeds that both have.

    difference: mean of the second less the first, points; otherwise: seeds that alone order the
    pair the other way; ties: seeds that do not order it. None, where the means are equal.
    """

    difference: float
    seeds: int
    otherwise: int | None
    ties: int | None


def flips(first: dict[int, Run], second: dict[int, Run]) -> Flips | None:
    """By test accuracy; None where fewer than two seeds are common."""
    seeds = sorted(first.keys() & second.keys())
    if len(seeds) < 2:
        return None
    differences = [second[seed].test - first[seed].test for seed in seeds]
    whole, single = sign(mean(differences)), [sign(each) for each in differences]
    if whole == 0:
        return Flips(0.0, len(seeds), None, None)
    return Flips(mean(differences), len(seeds), single.count(-whole), single.count(0))


def single_seeds(joined: Joined) -> str:
    """For each pair of cases: the seeds whose single runs order it against the mean of all."""
    found = [
        (dataset, network, pair, its)
        for dataset in joined.datasets
        for network in joined.networks(dataset)
        for pair in combinations(CASES, 2)
        if (its := flips(*(joined.of(dataset, network, case) for case in pair)))
    ]
    if not found:
        return "No two cases have two seeds in common."
    head = ["data set", "network", "cases", "mean difference, points", "seeds", "otherwise", "ties"]
    rows = [
        [dataset, network, f"{pair[1]} less {pair[0]}", *_flips_row(its)]
        for dataset, network, pair, its in found
    ]
    totals = [
        _flips_total("the report's cases", [f for *_, pair, f in found if BASELINE not in pair]),
        _flips_total(f"cases and `{BASELINE}`", [f for *_, pair, f in found if BASELINE in pair]),
    ]
    return (
        "Seeds whose single runs order two cases otherwise than the mean over all common seeds, by "
        "test accuracy. Each run is a part of the mean that it is held against.\n\n"
        f"{table(head, rows)}\n\n" + "\n".join(totals)
    )


def _flips_row(its: Flips) -> list[str]:
    counts = ["the means are equal" if n is None else str(n) for n in (its.otherwise, its.ties)]
    return [f"{its.difference:+.2f}", str(its.seeds), *counts]


def _flips_total(name: str, found: Sequence[Flips]) -> str:
    ordered = [its for its in found if its.otherwise is not None]
    seeds = sum(its.seeds for its in ordered)
    otherwise, ties = sum(its.otherwise or 0 for its in ordered), sum(i.ties or 0 for i in ordered)
    return f"- {name}: {otherwise} of {seeds} single seeds order otherwise, {ties} are ties"
