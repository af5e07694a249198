"""The doctor's bytes of each optimizer, against those that a real run keeps and stores."""

import pytest

from augury.data import load_dataset
from augury.records.recipe import OPTIMIZERS
from augury.study.doctor.bench import Bench
from augury.study.running.prepare import prepare
from augury.training.checkpoint import CheckpointFolder, optimizer_tensors
from helpers.studies import quick_plan, quick_settings


def bytes_of(tensors):
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


@pytest.mark.parametrize("select", ["last", "validation"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_states_and_checkpoint_are_told_to_the_byte(name, select, tmp_path):
    recipe = {"optimizer": name, "select": select, "lr": 0.01}
    plan = quick_plan(quick_settings(augmentations=["none"], recipe=recipe))
    (cell,), digits = plan.cells, load_dataset("digits")
    training = prepare(cell, digits, plan).training
    list(training.epochs(until=1))
    training.save(CheckpointFolder(tmp_path))
    bench = Bench(plan, cell, digits)
    assert bench.state_bytes == bytes_of(optimizer_tensors(training.optimizer))
    assert bench.checkpoint_bytes == bytes_of(CheckpointFolder(tmp_path).load().tensors)
