"""Whole races with made-up runs: nothing is trained."""

from dataclasses import replace

import pytest

from augury.errors import InputError, RecipeChanged
from augury.records.plan import read_plan, write_plan
from augury.study import judge_study
from augury.study.planning.extend import extend_plan, with_planned_design
from augury.study.racing.budget import Budget
from helpers.races import ARMS, MadeUp, begin, race
from helpers.studies import quick_plan, quick_settings


def seeds_of(plan, augmentation):
    return sorted(c.seed for c in plan.cells if c.augmentation == augmentation)


def test_decided_arms_get_no_more_seeds_and_the_baseline_keeps_pace(tmp_path):
    begin(tmp_path / "s")
    ended = race(tmp_path / "s", MadeUp())
    after = {arm[2]: state.decided_after for arm, state in ended.standing.states.items()}
    verdicts = {arm[2]: state.says for arm, state in ended.standing.states.items()}
    assert verdicts["flip"] == "helps"
    plan = read_plan(ended.folder.plan_file)
    # One after the other, nothing runs that is not needed.
    assert seeds_of(plan, "flip") == list(range(after["flip"]))
    assert len(seeds_of(plan, "none")) == max(len(seeds_of(plan, arm)) for arm in ARMS[1:])
    assert after["flip"] < 24
    assert all(ended.folder.run(cell).done for cell in plan.cells)


def test_a_race_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    begin(tmp_path / "whole")
    reference = race(tmp_path / "whole", MadeUp())
    begin(tmp_path / "cut")
    for after in (5, 9):
        with pytest.raises(KeyboardInterrupt):
            race(tmp_path / "cut", MadeUp(workers=2, stop_after=after))
    ended = race(tmp_path / "cut", MadeUp())
    for arm, state in reference.standing.states.items():
        theirs = ended.standing.states[arm]
        assert (state.says, state.decided_after) == (theirs.says, theirs.decided_after)
    plan = read_plan(ended.folder.plan_file)
    assert all(ended.folder.run(cell).done for cell in plan.cells)
    # And once more there is nothing to do.
    engine = MadeUp()
    race(tmp_path / "cut", engine)
    assert engine.log == []


def test_the_budget_of_cells_and_of_time_is_kept(tmp_path):
    begin(tmp_path / "cells")
    engine = MadeUp(workers=3)
    ended = race(tmp_path / "cells", engine, budget=Budget(24, cells=14))
    assert len(engine.log) == 14
    assert len(read_plan(ended.folder.plan_file).cells) == 14
    # More cells go on from there.
    race(tmp_path / "cells", engine, budget=Budget(24, cells=20))
    assert len(engine.log) == 20

    begin(tmp_path / "time")
    engine = MadeUp()
    # Each cell takes two seconds, by what its result says and by the clock.
    race(
        tmp_path / "time",
        engine,
        budget=Budget(24, seconds=25.0),
        clock=lambda: 2.0 * len(engine.log),
    )
    assert len(engine.log) == 12


def test_a_baseline_that_fails_ends_its_race_and_loses_nothing(tmp_path):
    begin(tmp_path / "s")
    gone = frozenset(("none", seed) for seed in range(24))
    engine = MadeUp(failing=gone)
    ended = race(tmp_path / "s", engine)
    assert [(c.augmentation, c.seed) for c in engine.log] == [("none", seed) for seed in range(3)]
    counts = [ended.folder.run(cell).failed for cell in engine.log]
    assert counts == [True] * 3


def test_failed_seeds_stay_out_once_a_look_has_gone_past_them(tmp_path):
    begin(tmp_path / "s")
    race(tmp_path / "s", MadeUp(failing=frozenset({("crop", 1)})), budget=Budget(6))
    engine = MadeUp()
    ended = race(tmp_path / "s", engine, budget=Budget(7))
    assert ("crop", 1) not in [(c.augmentation, c.seed) for c in engine.log]
    seen = {arm[2]: each.seeds for arm, each in ended.standing.seen.items()}
    assert seen["crop"][:3] == (0, 2, 3)


def test_arms_that_are_added_are_a_batch_of_their_own(tmp_path):
    plan, folder = begin(tmp_path / "s", ["none", "flip"])
    ended = race(tmp_path / "s", MadeUp())
    more, _ = begin(tmp_path / "other", ["none", "flip", "cutout"])
    assert extend_plan(plan, more, judged=False).rule.batches == ()
    grown = extend_plan(ended.plan, more, judged=True)
    assert grown.rule.batches == (("flip",), ("cutout",))
    write_plan(folder.plan_file, grown)
    engine = MadeUp()
    ended = race(tmp_path / "s", engine)
    assert {c.augmentation for c in engine.log} <= {"none", "cutout"}
    assert {arm[2]: s.says for arm, s in ended.standing.states.items()} == {
        "flip": "helps",
        "cutout": "hurts",
    }
    last, _ = begin(tmp_path / "third", ["none", "flip", "cutout", "crop"])
    assert extend_plan(grown, last, judged=True).rule.batches == (("flip",), ("cutout",), ("crop",))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rule": {"min_difference": 0.5}}, "min_difference: 0.2 → 0.5"),
        ({"rule": {"metric": "macro-f1"}}, "metric: accuracy → macro-f1"),
        ({"rule": {"alpha": 0.1}}, "alpha: 0.05 → 0.1"),
        ({"baseline": "flip"}, "baseline: none → flip"),
        ({"models": ["small", "resnet18"]}, "resnet18 on digits: new"),
    ],
    ids=["min_difference", "metric", "alpha", "baseline", "network"],
)
def test_what_decides_cannot_change_after_a_look(tmp_path, change, words):
    plan, _ = begin(tmp_path / "a")
    other, _ = begin(tmp_path / "b", **change)
    extend_plan(plan, other, judged=False)
    with pytest.raises(RecipeChanged, match=f"a look cannot be forgotten: {words}"):
        extend_plan(plan, other, judged=True)


def test_a_study_keeps_its_design(tmp_path):
    race_plan, _ = begin(tmp_path / "race")
    asked = quick_settings(augmentations=ARMS, seeds=None)
    fixed_plan = quick_plan(quick_settings(augmentations=ARMS, seeds=4))
    assert fixed_plan.rule.design == "fixed"
    assert with_planned_design(asked, race_plan, "s") == asked
    assert with_planned_design(asked, fixed_plan, "s").seeds == 4
    with pytest.raises(InputError, match="seeds = 6 is another design and needs a folder"):
        with_planned_design(replace(asked, seeds=6), race_plan, "s")
    with pytest.raises(InputError, match="time: is a budget of a race, and s holds a study of a"):
        with_planned_design(replace(asked, time="20m"), fixed_plan, "s")


def test_judging_says_what_the_race_has_seen(tmp_path):
    begin(tmp_path / "s")
    ended = race(tmp_path / "s", MadeUp())
    verdicts = judge_study(ended.plan, ended.folder)
    assert {c.arm: c.decided_after for c in verdicts.comparisons} == {
        arm: state.decided_after for arm, state in ended.standing.states.items()
    }
    assert {c.augmentation: c.verdict for c in verdicts.comparisons}["flip"] == "helps"
