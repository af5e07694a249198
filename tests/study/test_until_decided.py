import json
from dataclasses import replace

import pytest

from augury.errors import InputError
from augury.records.plan import read_plan
from augury.study import count_cells, judge_study, run_until_decided
from augury.study.planning.extend import extend_plan
from augury.study.planning.settings import read_settings
from augury.study.until_decided import next_round
from helpers.studies import make_study, write_run

NONE = [150, 152, 149, 151, 150, 153]
BETTER = [170, 173, 168, 172, 171, 172]
UNCLEAR = [151, 150, 152, 149, 151, 152]
SETTINGS = {"until_decided": True, "max_seeds": 10}


def right_of(cell):
    """Results of a made-up world: flip is better, crop is not."""
    base = [NONE, BETTER, UNCLEAR][["none", "flip", "crop"].index(cell.augmentation)]
    return base[cell.seed % 6] + cell.seed // 6


def fill(plan, folder):
    """Stands in for training."""
    for cell in plan.cells:
        if not folder.run(cell).done:
            write_run(folder, cell, right_of(cell))
    judge_study(plan, folder)
    return count_cells(plan, folder)


def begun(tmp_path, **settings):
    right = {"none": NONE, "flip": BETTER, "crop": UNCLEAR}
    plan, folder = make_study(tmp_path, right, **SETTINGS | settings)
    plan = replace(plan, rule=replace(plan.rule, looks=(6, 8, 10)))
    judge_study(plan, folder)
    return plan, folder


def seeds_of(plan, augmentation):
    return [cell.seed for cell in plan.cells if cell.augmentation == augmentation]


def test_a_round_adds_seeds_for_what_is_undecided_and_the_baseline(tmp_path):
    plan, folder = begun(tmp_path)
    grown = next_round(plan, folder)
    assert seeds_of(grown, "flip") == [0, 1, 2, 3, 4, 5]
    assert seeds_of(grown, "crop") == seeds_of(grown, "none") == [0, 1, 2, 3, 4, 5, 6, 7]
    # Pairs are whole as early as can be, and what is written is what is returned.
    assert [cell.seed for cell in grown.cells[18:]] == [6, 6, 7, 7]
    assert read_plan(folder.plan_file) == grown


def test_it_runs_until_the_looks_are_used_up(tmp_path):
    plan, folder = begun(tmp_path)
    rounds = []

    def run(plan):
        rounds.append(len(plan.cells))
        return fill(plan, folder)

    reached = run_until_decided(plan, folder, run)
    assert rounds == [18, 22, 26]
    assert (reached.cells, reached.done) == (26, 26)
    verdicts = json.loads((folder.path / "verdicts.json").read_text())
    by_arm = {c["augmentation"]: c for c in verdicts["comparisons"]}
    assert by_arm["flip"]["verdict"] == "helps"
    assert len(by_arm["flip"]["seeds"]) == 6
    assert len(by_arm["crop"]["seeds"]) == 10
    assert verdicts["rule"]["looks"] == [6, 8, 10]
    # Going on with the same command finds nothing to do.
    assert next_round(read_plan(folder.plan_file), folder) is None


def test_it_stops_when_all_is_decided(tmp_path):
    plan, folder = begun(tmp_path, rule={"min_difference": 3.0})
    plan = replace(plan, cells=tuple(c for c in plan.cells if c.augmentation != "crop"))
    judge_study(plan, folder)
    assert next_round(plan, folder) is None


def test_it_stops_when_the_hours_are_spent(tmp_path):
    plan, folder = begun(tmp_path)
    rounds = []

    def run(plan):
        rounds.append(len(plan.cells))
        return fill(plan, folder)

    run_until_decided(plan, folder, run, max_hours=1e-9)
    assert rounds == [18]


def test_what_more_seeds_would_not_help_gets_none(tmp_path):
    plan, folder = begun(tmp_path)
    crop = next(c for c in plan.cells if c.augmentation == "crop")
    write_run(folder, crop, 151, chosen=0)
    judge_study(plan, folder)
    assert next_round(plan, folder) is None


def test_the_looks_follow_from_the_settings():
    def looks(**values):
        return read_settings(None, None, {"until_decided": True, **values}).looks

    assert looks(seeds=6, max_seeds=11) == (6, 8, 10)
    assert looks(seeds=3, max_seeds=8) == (6, 8)
    assert looks(seeds=9, max_seeds=13) == (9, 11, 13)
    assert read_settings(None, None, {}).looks == ()
    with pytest.raises(InputError, match="max_seeds: must be at least 6, got 5"):
        looks(max_seeds=5)
    with pytest.raises(InputError, match="max_hours: must be over 0"):
        looks(max_hours=0.0)


def test_seeds_that_are_added_after_a_look_are_looks(tmp_path):
    plan, _ = make_study(tmp_path / "a", {"none": NONE, "flip": BETTER})
    more, _ = make_study(tmp_path / "b", {"none": NONE * 2, "flip": BETTER * 2})
    assert extend_plan(plan, more, judged=True).rule.looks == (6, 12)
    assert extend_plan(plan, more, judged=False).rule.looks == ()
    assert extend_plan(plan, plan, judged=True).rule.looks == ()
    still_more, _ = make_study(tmp_path / "c", {"none": NONE * 3, "flip": BETTER * 3})
    twice = extend_plan(extend_plan(plan, more, judged=True), still_more, judged=True)
    assert twice.rule.looks == (6, 12, 18)
    # And a new arm is not a look.
    arms, _ = make_study(tmp_path / "d", {"none": NONE, "flip": BETTER, "crop": UNCLEAR})
    assert extend_plan(plan, arms, judged=True).rule.looks == ()
