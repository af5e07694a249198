"""What a cell makes of a checkpoint that it must not, or may only just, go on from."""

import os
from dataclasses import replace

import pytest
import torch

from augury.data import load_dataset
from augury.records.failure import Failure, read_failure, write_failure
from augury.records.provenance import Resumed
from augury.study import StudyFolder
from augury.study.provenance import provenance
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from augury.training.checkpoint import Checkpoint
from helpers.studies import quick_plan, quick_settings


class Killed(BaseException):
    pass


@pytest.fixture
def cell_run(cache_folder, tmp_path):
    """Runs a cell; where `until` is given, it is killed at that epoch's second step."""
    plan = quick_plan(quick_settings(augmentations=["none"], corruptions=0))
    (cell,) = plan.cells
    digits = load_dataset("digits")

    def run(name, until=None, told=None):
        def on_step(epoch, step, steps):
            if (epoch, step) == (until, 1):
                raise Killed

        folder = StudyFolder(tmp_path / name)
        notes = [] if told is None else told
        if until is None:
            return run_cell(cell, plan, folder, digits, Listener(on_step, on_note=notes.append))
        with pytest.raises(Killed):
            run_cell(cell, plan, folder, digits, Listener(on_step))
        return folder.run(cell)

    return run


def test_another_version_on_the_way_is_told(cell_run, monkeypatch):
    here = provenance()
    machine = replace(here.machine, platform="an older kernel", gpu="a GPU")
    earlier = replace(here, versions=here.versions | {"torch": "1.0"}, machine=machine)
    with monkeypatch.context() as patch:
        patch.setattr("augury.study.running.run.provenance", lambda processes: earlier)
        cell_run("a", until=1)
    (entry,) = cell_run("a").resumed
    changed = {"gpu": ("a GPU", here.machine.gpu), "torch": ("1.0", here.versions["torch"])}
    assert entry == Resumed(1, machine, earlier.versions, changed)


def test_the_same_machine_and_versions_are_nothing_to_tell(cell_run):
    told = []
    cell_run("a", until=1)
    assert cell_run("a", told=told).resumed == ()
    assert told == []


def test_what_a_killed_save_has_left_is_removed(cell_run):
    run = cell_run("a", until=1)
    left = [
        run.path / ".predictions.npz.0123456789abcdef",
        run.path / ".error.json.0123456789abcdef",
        run.checkpoints.folder / ".epoch-0002.safetensors.0123456789abcdef",
        run.checkpoints.folder / ".tmpX7aK2b",  # as safetensors names its own
    ]
    for file in left:
        file.write_bytes(b"half")
    other = run.path / ".DS_Store"
    other.write_bytes(b"of another program")
    cell_run("a")
    assert [file.name for file in left if file.exists()] == []
    assert other.exists()


def test_an_error_that_is_swept_away_while_it_is_written_is_written_again(cell_run, monkeypatch):
    """A process that waits for a cell writes its error without the cell's lock."""
    run = cell_run("a", until=1)
    flush, swept = os.fsync, []

    def sweep_then_flush(descriptor: int) -> None:
        if not swept:
            swept.extend(run.path.glob(".error.json.*"))
            run.sweep()
        flush(descriptor)

    monkeypatch.setattr(os, "fsync", sweep_then_flush)
    write_failure(run.error, Failure("a", "waited too long"))
    assert len(swept) == 1
    assert read_failure(run.error) == Failure("a", "waited too long")
    assert not list(run.path.glob(".error.json.*"))


def test_a_damaged_checkpoint_is_named_and_the_cell_begun_anew(cell_run):
    straight, told = cell_run("straight"), []
    run = cell_run("a", until=1)
    (file,) = run.checkpoints.folder.glob("epoch-*")
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert cell_run("a", told=told).test == straight.test
    reason = "not a readable checkpoint: its content does not match its checksum"
    assert told == [f"passed over: {file}: {reason}"]


def test_a_checkpoint_of_other_shapes_is_named_and_the_cell_begun_anew(cell_run):
    """As a later version might leave one, whose network has changed."""
    straight, told = cell_run("straight"), []
    run = cell_run("a", until=1)
    stored = run.checkpoints.load()
    run.checkpoints.save(1, Checkpoint({"model.w": torch.ones(1)}, stored.state))
    assert cell_run("a", told=told).test == straight.test
    folder = run.checkpoints.folder
    assert told == [f"begun anew: {folder}: the checkpoint is of a network of other shapes"]
