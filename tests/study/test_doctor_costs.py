"""The doctor's arithmetic: hand-computed costs, and power against its definition."""

import math
from dataclasses import replace

import numpy as np
import pytest

from augury.stats import Pair, Rule, rule_detectable, rule_power
from augury.study.doctor import power as power_module
from augury.study.doctor.costing import cost_notices
from augury.study.doctor.costs import (
    PROCESS,
    ArmCost,
    Costs,
    Sizes,
    Timings,
    Work,
    augment_seconds,
    disk_bytes,
    gpu_bytes,
    memory_bytes,
    run_seconds,
    study_seconds,
)
from augury.study.doctor.power import (
    Spread,
    assumed_spread,
    measured_spread,
    seed_notices,
    seeds_needed,
    study_power,
)

TIMINGS = Timings(
    step=0.1, load=0.01, augment=0.02, maps=0.001, predict=0.002, corrupt=0.03, save=0.5
)
WORK = Work(epochs=4, steps=40, mapped=1200, predicted=500, corrupted=20)
SIZES = Sizes(
    weights=100,
    parameters=80,
    states=160,
    checkpoint=260,
    predictions=30,
    activations=1000,
    images=5000,
    maps=700,
)


def arm(cells, seconds, once=None, **sizes):
    return ArmCost(
        "digits", "small", "none", cells, 0.1, 0.0, seconds, once or {}, replace(SIZES, **sizes)
    )


def test_a_run():
    # 40 · (0.1 + 0.01 + 0.02) + 1200 · 0.001 + 500 · 0.002 + 20 · 0.03 + 4 · 0.5
    assert run_seconds(WORK, TIMINGS) == pytest.approx(5.2 + 1.2 + 1.0 + 0.6 + 2.0)
    assert augment_seconds(WORK, TIMINGS) == pytest.approx(0.02 + 1200 * 0.001 / 40)


def test_a_study():
    arms = [arm(6, 10.0), arm(6, 20.0)]
    assert study_seconds(arms, 1) == 180.0
    assert study_seconds(arms, 4) == 45.0
    assert study_seconds([arm(1, 10.0), arm(1, 20.0)], 8) == 20.0  # the longest run
    assert study_seconds([arm(0, 10.0)], 2) == 0.0


def test_maps_that_arms_share_are_computed_once():
    maps = {"spectral-residual maps of digits": 7.0}
    assert study_seconds([arm(1, 10.0, maps), arm(1, 10.0, maps)], 1) == 27.0
    assert study_seconds([arm(0, 10.0, maps)], 1) == 0.0


def test_disk_at_the_largest_moment():
    # 12 results of 130 bytes; at 2 workers two checkpoints of 260 each.
    assert disk_bytes([arm(6, 1.0), arm(6, 1.0)], 2) == 12 * 130 + 2 * 2 * 260
    assert disk_bytes([arm(1, 1.0), arm(0, 1.0)], 8) == 130 + 2 * 260
    assert disk_bytes([arm(1, 1.0), arm(1, 1.0, checkpoint=400)], 1) == 260 + 2 * 400


def test_memory():
    network = 100 + 80 + 160 + 1000
    arms = [arm(1, 1.0), arm(1, 1.0, maps=0)]
    assert memory_bytes(arms, 3, on_gpu=False) == 3 * (PROCESS + 5000 + 700 + network)
    assert memory_bytes(arms, 3, on_gpu=True) == 3 * (PROCESS + 5000 + 700)
    assert gpu_bytes(arms, 3) == 3 * network
    assert memory_bytes([arm(0, 1.0)], 3, on_gpu=False) == 0


COSTS = Costs(
    arms=(),
    cells=1,
    done=0,
    workers=2,
    seconds=86_400.0,
    most=None,
    disk=10,
    free=10,
    memory=2**30,
    gpu=5,
)


def test_what_is_asked_for_and_not_there():
    assert cost_notices(COSTS, 1.0, 5) == []
    assert cost_notices(replace(COSTS, memory=2**40, gpu=7), None, None) == []  # not known
    too_much = replace(COSTS, seconds=90_000.0, disk=11, memory=2**30 + 1, gpu=6)
    found = {finding.check: finding for finding in cost_notices(too_much, 1.0, 5)}
    assert {name: f.level for name, f in found.items()} == {
        "disk": "problem",
        "time": "warning",
        "memory": "warning",
        "GPU memory": "warning",
    }
    assert "25 hours" in found["time"].words


SPREAD = Spread(0.5, 0.1, 0.6, "given")


def test_image_errors_shrink_to_their_floor():
    assert SPREAD.image_error(4) == pytest.approx(math.hypot(0.1, 0.3))
    assert SPREAD.image_error(10**9) == pytest.approx(0.1, abs=1e-4)


def test_power_is_that_of_the_rule():
    rule = Rule(min_difference=0.3)
    power = study_power("digits", 8, 3, SPREAD, rule)
    error = math.hypot(0.1, 0.6 / math.sqrt(8))
    assert power.detectable == rule_detectable(0.5, 8, 3, rule, error)
    assert power.power == rule_power(0.3, 0.5, 8, 3, rule, error)
    assert [seeds for seeds, _ in power.table] == [6, 8, 10, 15, 20, 30]
    assert dict(power.table)[8] == power.detectable
    for seeds, points in power.table:
        assert points == rule_detectable(0.5, seeds, 3, rule, SPREAD.image_error(seeds))


def test_nothing_is_said_where_no_test_applies():
    assert study_power("digits", 1, 3, SPREAD, Rule()) is None
    assert study_power("digits", 6, 0, SPREAD, Rule()) is None


def test_the_seeds_needed_are_enough_and_hardly_more():
    spread = Spread(0.25, 0.0, 0.25, "given")
    rule = Rule(min_difference=0.2)
    needed = seeds_needed(2, spread, rule)

    def power(seeds):
        error = spread.image_error(seeds)
        return rule_power(0.2, 0.25, seeds, 2, Rule(min_difference=0.0), error)

    assert power(needed) >= 0.8
    assert power(round(0.85 * needed)) < 0.8


def test_no_number_of_seeds_is_enough_where_too_few_of_them_are_ahead(monkeypatch):
    # Φ(0.2 / 0.5) = 0.655422 (table of the normal distribution), under the rule's 0.75.
    power = study_power("digits", 6, 1, Spread(0.5, 0.0, 0.0, "given"), Rule())
    assert power.needed is None
    assert power.ahead == pytest.approx(0.655422, abs=1e-6)
    # Nor where the choice of images alone hides it.
    monkeypatch.setattr(power_module, "MOST_SEEDS", 40)
    assert seeds_needed(1, Spread(0.1, 0.3, 0.0, "given"), Rule()) is None


def test_seeds_are_searched_among_the_looks_where_they_are_planned():
    rule = Rule(looks=(6, 8, 10), min_difference=0.5)
    assert seeds_needed(1, Spread(0.1, 0.0, 0.0, "given"), rule) == 6
    assert seeds_needed(1, Spread(0.6, 0.0, 0.6, "given"), rule) is None


def test_defaults_of_the_spread():
    assert assumed_spread(None, 10_001) == Spread(0.5, 0.0, 0.5, "default")
    assert assumed_spread(None, 10_000) == Spread(1.0, 0.0, 1.0, "default")
    assert assumed_spread(0.3, 5) == Spread(0.3, 0.0, 0.3, "given")


def pair(correct, baseline, **changes):
    correct, baseline = np.array(correct, dtype=bool), np.array(baseline, dtype=bool)
    seeds = tuple(range(len(correct)))
    return Pair(seeds, correct.mean(axis=1), baseline.mean(axis=1), correct, baseline, **changes)


RNG = np.random.default_rng(0)
PAIRS = [
    pair(RNG.random((5, 200)) < 0.9, RNG.random((5, 200)) < 0.8),
    pair(RNG.random((3, 200)) < 0.7, RNG.random((3, 200)) < 0.8),
]


def test_the_measured_spread_is_pooled():
    first, second = (100 * (p.accuracy - p.baseline_accuracy) for p in PAIRS)
    pooled = (4 * first.var(ddof=1) + 2 * second.var(ddof=1)) / 6
    found = measured_spread([*PAIRS, pair([[1, 0]] * 2, [[0, 1]] * 2)])
    assert found.deviation == pytest.approx(math.sqrt(pooled))
    assert (found.source, found.pairs) == ("runs", 8)
    assert measured_spread([replace(PAIRS[0], obstacle="different images")]) is None
    assert measured_spread([replace(PAIRS[0], correct=None)]) is None
    assert measured_spread([pair([[1, 0]] * 3, [[0, 1]] * 3)]) is None  # no spread
    assert measured_spread([]) is None


def test_the_image_error_at_the_seeds_that_were_run_is_the_verdicts():
    # All images alike but for one that the arm always gains, so that there is a floor.
    base = RNG.random((6, 400)) < 0.5
    ours = base ^ (RNG.random((6, 400)) < 0.1)
    ours[:, :60], base[:, :60] = True, False
    found = measured_spread([pair(ours, base)])
    assert found.image_floor > 0
    by_image = 100 * (ours.mean(axis=0) - base.mean(axis=0))
    assert found.image_error(6) == pytest.approx(by_image.std() / math.sqrt(400))


@pytest.mark.parametrize(("seeds", "arms", "checks"), [(5, 1, ["too-few-seeds"]), (6, 1, [])])
def test_seeds(seeds, arms, checks):
    assert [finding.check for finding in seed_notices(seeds, arms, Rule())] == checks
