"""A worker that runs cell after cell holds as much memory and as many files as at first."""

import gc
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from augury.data import load_dataset
from augury.records.plan import write_plan
from augury.study import StudyFolder
from augury.study.engines.attempt import attempt
from augury.study.engines.events import CellDone
from augury.study.running.listener import Listener
from helpers.studies import quick_plan, quick_settings

# Of 1,000 cells a leak of this size would be 16 MB.
KB_A_CELL = 16.0
ARMS = ["none", "salience", "crop+cutmix", "normal"]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="only Linux says how much memory is held"
)


def held() -> tuple[float, int]:
    """Resident memory (KB) and open files."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024, len(os.listdir("/proc/self/fd"))


def soak(folder, cells):
    recipe = {"epochs": 1, "train_limit": 20, "test_limit": 20}
    seeds = cells // len(ARMS)
    settings = quick_settings(augmentations=ARMS, seeds=seeds, recipe=recipe, corruptions=0)
    plan, study = quick_plan(settings), StudyFolder(folder)
    write_plan(study.plan_file, plan)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    seen = []
    for cell in plan.cells:
        event = attempt(cell, plan, study, load_dataset, Listener())
        assert isinstance(event, CellDone), event
        gc.collect()
        seen.append(held())
    torch.set_num_threads(before)
    memory, files = (np.array(values) for values in zip(*seen, strict=True))
    half = len(seen) // 2
    slope = float(np.polyfit(np.arange(len(seen) - half), memory[half:], 1)[0])
    return {
        "cells": len(seen),
        "kb_a_cell_over_the_last_half": round(slope, 3),
        "bound_kb_a_cell": KB_A_CELL,
        "memory_mb_each_tenth": [round(part.mean() / 1024) for part in np.array_split(memory, 10)],
        "open_files_half_last": [int(files[half]), int(files[-1])],
    }


def test_open_files_do_not_grow(tmp_path, cache_folder, counts):
    found = soak(tmp_path, 12)
    counts("soak (short)", **found)
    assert len(set(found["open_files_half_last"])) == 1


@pytest.mark.faults
def test_a_thousand_cells_leave_memory_and_files_flat(tmp_path, cache_folder, counts):
    found = soak(tmp_path, 1000)
    counts("soak", **found)
    assert len(set(found["open_files_half_last"])) == 1
    assert abs(found["kb_a_cell_over_the_last_half"]) < KB_A_CELL
