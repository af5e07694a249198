"""Runs compared on validation images: what a step of a search looks at, and what it does not."""

from dataclasses import replace

import numpy as np
import pytest

from augury.records.result import write_result
from augury.stats import Pair, Rule, judge
from augury.stats.race import race_state
from augury.study.judging.finished_runs import read_finished_run
from augury.study.judging.pairs import make_pair
from augury.study.racing.prefix import Prefix
from augury.study.racing.standing import look
from augury.study.store import write_arrays
from helpers.studies import make_study

RACE = Rule(design="race", part="validation")


def changed(run, **arrays):
    """The run with other predictions, and a result that belongs to them."""
    stored = dict(np.load(run.predictions))
    write_arrays(run.predictions, {**stored, **arrays})
    result = run.read_result()
    write_result(run.result, replace(result, files=run.checksums()))


def test_validation_images_stand_in_the_place_of_test_images(tmp_path):
    plan, folder = make_study(tmp_path / "s", {"none": [100], "flip": [110]})
    cell = plan.cells[0]
    run, stored = folder.run(cell), np.load(folder.run(cell).predictions)
    # Whatever the test images say, also where it contradicts the result.
    changed(run, test_logits=np.zeros((200, 10), np.float32))
    found = read_finished_run(folder, cell, "validation")
    assert found.problem == ""
    labels, called = stored["validation_labels"], stored["validation_logits"].argmax(axis=1)
    assert found.accuracy == pytest.approx((labels == called).mean())
    by_class = [(called[labels == k] == k).mean() for k in range(10)]
    assert found.result.test.per_class == pytest.approx(by_class)
    counts = np.array(
        [[((labels == i) & (called == j)).sum() for j in range(10)] for i in range(10)]
    )
    assert np.array_equal(found.result.test.confusion, counts)
    assert found.score("balanced-accuracy") == pytest.approx(np.mean(by_class))
    assert "result.json says" in read_finished_run(folder, cell).problem


def test_predictions_that_contradict_the_validation_accuracy_are_a_problem(tmp_path):
    plan, folder = make_study(tmp_path / "s", {"none": [100], "flip": [110]})
    changed(folder.run(plan.cells[0]), validation_logits=np.zeros((150, 10), np.float32))
    problem = read_finished_run(folder, plan.cells[0], "validation").problem
    assert "result.json says 80.00 % where the predictions say 10.00 %" in problem


def test_pairs_of_one_seed_have_the_same_images_and_those_of_others_need_not(tmp_path):
    plan, folder = make_study(tmp_path / "s", {"none": [100, 101], "flip": [110, 111]})
    for cell in plan.cells:
        ids = 1000 + 500 * cell.seed + np.arange(150)
        changed(folder.run(cell), validation_ids=ids)
    sides = {}
    for cell in plan.cells:
        sides.setdefault(cell.augmentation, {})[cell.seed] = read_finished_run(
            folder, cell, "validation"
        )
    pair = make_pair(sides["flip"], sides["none"], "accuracy", "validation")
    assert (pair.obstacle, pair.calls) == ("", None)
    changed(folder.run(plan.cells[0]), validation_ids=9000 + np.arange(150))
    sides["none"][0] = read_finished_run(folder, plan.cells[0], "validation")
    pair = make_pair(sides["flip"], sides["none"], "accuracy", "validation")
    assert pair.obstacle == "they were tested on different images"


def test_seeds_alone_decide():
    rng = np.random.default_rng(0)
    differences = {name: rng.normal(mean, 0.01, 8) for name, mean in (("a", 0.05), ("b", -0.04))}
    differences["c"] = rng.normal(0.0, 0.0004, 8)
    base = np.full(8, 0.5)
    pairs = [Pair(tuple(range(8)), base + d, base) for d in differences.values()]
    found = judge(pairs, RACE, list(differences))
    states = race_state(
        {k: 100 * d for k, d in differences.items()}, RACE, {name: name for name in "abc"}
    )
    assert [one.verdict for one in found] == ["helps", "hurts", "no difference"]
    assert [one.decided_after for one in found] == [states[n].decided_after for n in "abc"]
    assert {one.two_way_interval for one in found} == {None}
    assert "on these validation images" in found[2].words
    # On test images the same pairs say nothing, as they have no predictions.
    tested = judge(pairs, Rule(design="race"), list(differences))
    assert {one.verdict for one in tested} == {"cannot say"}


def test_what_can_hardly_be_the_best_gets_no_more_seeds():
    rng = np.random.default_rng(1)
    means = {"best": 5.0, "open": 4.5, "behind": 0.5}
    spreads = {"best": 0.5, "open": 3.0, "behind": 1.2}
    seen = {
        ("data", "network", name): Prefix(
            tuple(range(6)), mean + spreads[name] * (z - z.mean()) / z.std(ddof=1)
        )
        for name, mean in means.items()
        for z in [rng.standard_normal(6)]
    }
    standing = look(seen, RACE, 24)
    highs = {arm[2]: state.sequence[1] for arm, state in standing.states.items()}
    helps = [arm[2] for arm in standing.decided if standing.states[arm].says == "helps"]
    assert helps == ["best"]
    assert highs["behind"] < 5.0 < highs["open"]
    assert {arm[2] for arm in standing.beaten} == {"behind"}
    assert standing.beaten <= standing.settled
    assert look(seen, Rule(design="race"), 24).beaten == frozenset()


def test_what_can_hardly_help_any_more_gets_no_more_seeds():
    """Whether it hurts is not asked in a search."""
    values = {"worse": -1.56, "near": 0.1}
    spread = np.array([0.9, -0.9, 0.5, -0.5, 0.2, -0.2])
    seen = {
        ("data", "network", name): Prefix(tuple(range(6)), mean + spread)
        for name, mean in values.items()
    }
    standing = look(seen, RACE, 24)
    highs = {arm[2]: state.sequence[1] for arm, state in standing.states.items()}
    assert highs["worse"] < RACE.min_difference < highs["near"]
    assert standing.decided == frozenset()
    assert {arm[2] for arm in standing.beaten} == {"worse"}
    assert look(seen, replace(RACE, part="test"), 24).beaten == frozenset()
