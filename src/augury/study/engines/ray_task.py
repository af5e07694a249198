"""What a node of a Ray cluster is sent, and what it does."""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from augury.data import Dataset, Split
from augury.own.trust import grant
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.engines.attempt import Event, attempt
from augury.study.running.run import Watcher
from augury.study.store import StudyFolder

MUST_BE_SHARED = "the study's folder must lie on a file system that all nodes share"


def run_task(
    cell: Cell,
    plan: Plan,
    path: Path,
    dataset: Dataset,
    command: list[str],
    here: str,
    code: frozenset[str],
) -> list[Event]:
    """Run one cell; returns notes, and last how it ended.

    path: the study's folder; command, here: the driver's arguments and working folder; code:
    hashes of the user's own that the driver accepts.
    """
    grant(code)
    sys.argv = command  # a result names the command that asked for it
    with suppress(OSError):
        os.chdir(here)  # relative paths mean what they mean to the command
    torch.set_num_threads(plan.threads)
    folder = StudyFolder(path)
    if not folder.plan_file.exists():
        unseen = f"{socket.gethostname()} does not see {path}: {MUST_BE_SHARED}"
        return [Event("disk", cell.name, unseen)]
    notes: list[Event] = []
    watcher = Watcher(on_note=lambda line: notes.append(Event("note", cell.name, line)))
    ending = attempt(cell, plan, folder, lambda name: dataset, watcher)
    return [*notes, ending]


def with_plain_arrays(dataset: Dataset) -> Dataset:
    """With plain arrays, which Ray maps into each process instead of copying them."""

    def plain(split: Split) -> Split:
        return Split(np.asarray(split.images), np.asarray(split.labels), np.asarray(split.ids))

    return replace(
        dataset,
        train=plain(dataset.train),
        validation=plain(dataset.validation) if dataset.validation is not None else None,
        test=plain(dataset.test),
    )
