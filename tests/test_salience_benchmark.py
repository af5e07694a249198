"""`benchmarks.salience`: what the rounds of the search have found."""

import re

import numpy as np
import pytest
from benchmarks.salience.__main__ import differences, table, validation_of

from helpers.report_studies import write_study

FOUND = {
    "none": {"a": {0: 80.0, 1: 82.0}, "b": {0: 40.0, 1: 41.0}},
    "bright": {"a": {0: 81.0, 1: 84.0}, "b": {0: 39.5, 1: 41.0}},
    "dark": {"a": {1: 70.0, 2: 99.0}, "b": {0: 50.0}},
}


def test_differences_are_those_of_the_seeds_that_both_have():
    np.testing.assert_array_equal(differences(FOUND, "bright", "a"), [1.0, 2.0])
    np.testing.assert_array_equal(differences(FOUND, "dark", "a"), [-12.0])


def test_the_table_by_hand():
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table(FOUND)]
    assert rows[0][:3] == ["arm", "mean over none", "a, %"]
    assert [row[0] for row in rows[2:]] == ["bright", "none", "dark"]
    # a: mean of 1 and 2, ± .707 / √2; b: of -.5 and 0.
    assert rows[2][1:] == ["+0.62", "82.50", "+1.50 ± 0.50", "2", "40.25", "-0.25 ± 0.25", "2"]
    assert rows[4][1:] == ["-1.00", "84.50", "-12.00", "1", "50.00", "+10.00", "1"]
    assert len(table(FOUND, top=1)) == 3


def test_an_arm_that_has_not_run_everywhere_is_left_out():
    found = FOUND | {"begun": {"a": {0: 85.0}}}
    assert not any("begun" in line for line in table(found)[:5])
    assert table(found)[-1] == "Not yet run on every data set: begun."


def test_it_reads_the_validation_of_a_study(tmp_path):
    folder = write_study(tmp_path / "study", arms=("none", "normal"), seeds=2)
    found = validation_of(folder)
    assert set(found) == {"none", "normal"}
    assert all(len(seeds) == 2 for arm in found.values() for seeds in arm.values())
    assert re.match(r"\| arm ", table(found)[0])


def test_without_the_baseline_it_says_so(tmp_path):
    with pytest.raises(SystemExit, match="none: has no finished run"):
        table({"bright": FOUND["bright"]})
