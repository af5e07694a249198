"""A race judged from its files: which pairs count, what stands, and what is read back."""

from dataclasses import replace

import numpy as np
import pytest

from augury.records.evidence import read_evidence
from augury.records.plan import write_plan
from augury.records.verdicts import read_verdicts
from augury.stats import pairing
from augury.study import judge_study
from helpers.studies import IMAGES, make_study

NONE = [150, 152, 149, 151, 150, 153, 150]
BETTER = [160, 163, 158, 162, 161, 162, 161]


def race(tmp_path, right, **rule):
    """Its seeds are as given, where those of a race would follow from results."""
    plan, folder = make_study(tmp_path, right, rule={"replicates": 200} | rule)
    plan = replace(plan, rule=replace(plan.rule, design="race"))
    write_plan(folder.plan_file, plan)
    return plan, folder


def test_a_race_says_after_how_many_seeds(tmp_path):
    plan, folder = race(tmp_path, {"none": NONE, "flip": BETTER})
    written = judge_study(plan, folder)
    (found,) = written.comparisons
    assert found.verdict == "helps"
    assert found.words.endswith(f"; decided after {found.decided_after} seeds")
    assert found.sequence[0] > 0
    assert read_verdicts(folder.path / "verdicts.json") == written
    # Judged again, from what was remembered.
    assert judge_study(plan, folder) == written


def test_only_seeds_before_the_first_gap_count(tmp_path):
    gap = [*BETTER[:4], None, *BETTER[5:]]
    plan, folder = race(tmp_path, {"none": NONE, "flip": gap})
    # Without a result and without an error the run of seed 4 is still to come.
    assert judge_study(plan, folder).comparisons[0].seeds == (0, 1, 2, 3)
    late = next(c for c in plan.cells if (c.augmentation, c.seed) == ("flip", 4))
    folder.run(late).path.mkdir(parents=True, exist_ok=True)
    folder.run(late).error.write_text("out of memory")
    found = judge_study(plan, folder).comparisons[0]
    assert found.seeds == (0, 1, 2, 3, 5, 6)
    assert found.unpaired == (4,)


def test_arms_that_have_not_begun_count_in_the_correction(tmp_path):
    right = {"none": NONE, "flip": BETTER, "crop": [None] * 7, "cutout": [None] * 7}
    plan, folder = race(tmp_path, right)
    (found,) = judge_study(plan, folder).comparisons
    assert found.p == pytest.approx(3 * found.p_unadjusted / 0.8)


def test_how_paired_runs_go_together_stands_in_the_evidence(tmp_path):
    plan, folder = race(tmp_path, {"none": NONE, "flip": BETTER})
    write_plan(folder.plan_file, plan)
    judge_study(plan, folder)
    arms = read_evidence(folder.path / "evidence.json").of("digits", "small")
    ours, theirs = (np.array(counts) / IMAGES for counts in (BETTER, NONE))
    expected = pairing(ours, theirs)
    assert arms["none"].pairing is None
    assert arms["flip"].pairing.correlation == pytest.approx(expected.correlation)
    assert arms["flip"].pairing.variance_ratio == pytest.approx(expected.variance_ratio)
