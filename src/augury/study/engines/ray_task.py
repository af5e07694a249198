"""The task that a node of a Ray cluster runs for one cell."""

import os
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from augury.data import Dataset, Split
from augury.errors import DiskError
from augury.own.trust import grant
from augury.records.cell import Cell
from augury.records.plan import Plan
from augury.study.engines.attempt import attempt
from augury.study.engines.events import DiskFailed, Event, Note
from augury.study.running.listener import Listener
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
        return [DiskFailed(cell.name, unseen)]
    notes: list[Event] = []
    listener = Listener(on_note=lambda line: notes.append(Note(cell.name, line)))
    try:
        return [*notes, attempt(cell, plan, folder, lambda name: dataset, listener)]
    except DiskError as error:
        return [*notes, DiskFailed(cell.name, str(error))]


def with_plain_arrays(dataset: Dataset) -> Dataset:
    """With plain arrays, which Ray maps into each process instead of copying them."""

    def plain(split: Split) -> Split:
        extents = None if split.extents is None else np.asarray(split.extents)
        images, labels, ids = map(np.asarray, (split.images, split.labels, split.ids))
        return Split(images, labels, ids, extents)

    return replace(
        dataset,
        train=plain(dataset.train),
        validation=plain(dataset.validation) if dataset.validation is not None else None,
        test=plain(dataset.test),
        pictures=plain(dataset.pictures) if dataset.pictures is not None else None,
    )
