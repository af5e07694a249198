"""What a race says of arms that are decided or given up, and of what it does not forget."""

from dataclasses import replace

from augury.records.plan import read_plan
from augury.study import judge_study
from augury.study.racing.announce import (
    forgotten_lines,
    given_up_line,
    open_lines,
    verdict_line,
)
from augury.study.racing.budget import Budget
from augury.study.racing.race import Race
from helpers.races import MadeUp, begin, race


def ended(path, budget=None, arms=("none", "flip"), **engine):
    begin(path, arms)
    return race(path, MadeUp(**engine), budget=budget)


def anew(before):
    """The race as the next command finds it, before anything runs."""
    return Race(read_plan(before.folder.plan_file), before.folder, before.budget)


def test_an_arm_whose_runs_fail_is_given_up_with_the_reason(tmp_path):
    failing = frozenset(("flip", seed) for seed in range(9))
    found = ended(tmp_path / "s", failing=failing)
    arm = ("digits", "small", "flip")
    assert found.given_up() == {arm}
    assert given_up_line(found, arm) == (
        "digits small flip failed with 3 seeds, so it gets no more runs: it does not work"
    )


def test_a_baseline_whose_runs_fail_ends_its_arms(tmp_path):
    failing = frozenset(("none", seed) for seed in range(9))
    found = ended(tmp_path / "s", failing=failing)
    arm = ("digits", "small", "none")
    assert found.given_up() == {arm}
    assert given_up_line(found, arm) == (
        "digits small none failed with 3 seeds, so its arms have nothing to be compared with, and "
        "get no more runs: it does not work"
    )
    # Without its file there is no reason to tell.
    for cell in found.plan.cells:
        found.folder.run(cell).error.unlink(missing_ok=True)
    assert given_up_line(found, arm).endswith("and get no more runs")


def test_runs_that_have_been_looked_at_are_not_forgotten(tmp_path):
    found = ended(tmp_path / "s")
    judged = judge_study(found.plan, found.folder)
    assert forgotten_lines(found, judged) == []
    assert forgotten_lines(found, None) == []
    cells = {(c.augmentation, c.seed): c for c in found.plan.cells}
    found.folder.run(cells["none", 1]).result.unlink()
    assert forgotten_lines(anew(found), judged) == [
        "1 run that has been looked at is gone, and run again: a race forgets no look"
    ]
    found.folder.run(cells["flip", 0]).result.unlink()
    assert forgotten_lines(anew(found), judged) == [
        "2 runs that have been looked at are gone, and run again: a race forgets no look"
    ]


def test_fewer_seeds_than_have_been_looked_at_change_nothing(tmp_path):
    found = ended(tmp_path / "s", Budget(6))
    (most,) = (len(each.seeds) for each in found.standing.seen.values())
    found.budget = Budget(most - 1)
    assert forgotten_lines(found, None) == [
        f"max_seeds is {most - 1}, and up to {most} seeds have been looked at already: they stay"
    ]


def test_verdicts_and_what_open_arms_would_need(tmp_path, monkeypatch):
    found = ended(tmp_path / "s", Budget(6), arms=("none", "flip", "crop"))
    flip, crop = (("digits", "small", name) for name in ("flip", "crop"))
    assert verdict_line(found, flip).startswith("flip: helps by 1")
    (line,) = open_lines(found)
    assert line.startswith("crop is not decided; at its spread so far ")
    assert crop not in found.standing.decided
    # Of an arm that a search has given up nobody needs more seeds.
    given_up = replace(found.standing, beaten=frozenset({crop}))
    monkeypatch.setattr(type(found), "standing", given_up)
    assert open_lines(found) == []
