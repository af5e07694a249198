"""A kill or a refusal at each file operation; see each_operation.py."""

import pytest
from faulty import struck


def test_a_save_that_is_killed_leaves_the_old_or_the_new(tmp_path, cache_folder, counts):
    found = struck(tmp_path, "save")
    counts("kill at each file operation of a save", **found)
    assert found["old"] + found["new"] == found["kills"]
    assert found["old"] > 0
    assert found["new"] > 0


def test_some_kills_in_a_cell(tmp_path, cache_folder, counts):
    counts("kill at file operations of a cell (short)", **struck(tmp_path, "cell", "--step", "80"))


@pytest.mark.faults
def test_a_kill_at_each_operation_of_a_cell(tmp_path, cache_folder, counts):
    counts("kill at each file operation of a cell", **struck(tmp_path, "cell"))


def test_some_refusals(tmp_path, cache_folder, counts):
    found = struck(tmp_path, "study", "--step", "90", "--errors", "ENOSPC")
    counts("refusal from a write on (short)", **found)


@pytest.mark.faults
@pytest.mark.parametrize("where", ["study", "cache"])
def test_a_refusal_from_each_write_on(where, tmp_path, cache_folder, counts):
    counts(f"refusal from each write of a {where} on", **struck(tmp_path, where))
