"""What a search tries and chooses, beside a plain greedy selection on a table of values."""

import random
from itertools import combinations

import pytest

from augury.records.search import Step, Tried
from augury.study.searching.choosing import choose, combined, next_step

CANDIDATES = ("a", "b+c", "d@0.5", "e")


def tried(name, difference, verdict):
    return Tried(name, verdict, "", difference, None, 5)


def by_hand(values):
    """Greedy selection, spelled out: the sets after each step, and the names that it looked at."""
    inside, looked, sets = frozenset(), [], []
    while True:
        found = {c: values[inside | {c}] - values[inside] for c in CANDIDATES if c not in inside}
        looked.append(list(found))
        helping = {c: gain for c, gain in found.items() if gain > 0.2}
        if not helping:
            return sets, looked
        inside |= {max(helping, key=helping.get)}
        sets.append(inside)
        if len(inside) == len(CANDIDATES):
            return sets, looked


@pytest.mark.parametrize("seed", range(20))
def test_it_is_greedy_selection(seed):
    draw = random.Random(seed)
    subsets = [frozenset(s) for n in range(5) for s in combinations(CANDIDATES, n)]
    values = {subset: draw.gauss(len(subset) * draw.choice([0, 1]), 1) for subset in subsets}
    steps, chosen = [], []
    while True:
        base, arms = next_step(CANDIDATES, "none", steps)
        if not arms:
            break
        assert base == (combined(CANDIDATES, chosen) or "none")
        gains = {
            arm: values[frozenset([*chosen, added])] - values[frozenset(chosen)]
            for arm, added in arms.items()
        }
        found = [tried(a, g, "helps" if g > 0.2 else "not decided") for a, g in gains.items()]
        best = choose(found)
        steps.append(Step("", base, tuple(found), best, arms.get(best, "")))
        if best:
            chosen.append(arms[best])
    sets, looked = by_hand(values)
    assert [frozenset(chosen[: n + 1]) for n in range(len(chosen))] == sets
    assert [[*next_step(CANDIDATES, "none", steps[:n])[1].values()] for n in range(len(steps))] == (
        looked
    )


def test_parts_stand_in_the_order_of_the_candidates():
    assert combined(CANDIDATES, ["e", "a", "b+c"]) == "a+b+c+e"
    first = Step("", "none", (), "e", "e")
    assert next_step(CANDIDATES, "none", [first]) == (
        "e",
        {"a+e": "a", "b+c+e": "b+c", "d@0.5+e": "d@0.5"},
    )


def test_only_what_helps_is_chosen_and_the_first_of_equal_ones():
    assert choose([tried("a", 3.0, "not decided"), tried("b", 1.0, "hurts")]) == ""
    assert choose([tried("a", 9.0, "no difference"), tried("b", 1.0, "helps")]) == "b"
    assert choose(
        [tried("a", 1.0, "helps"), tried("b", 2.0, "helps"), tried("c", 2.0, "helps")]
    ) == ("b")
    assert choose([]) == ""
