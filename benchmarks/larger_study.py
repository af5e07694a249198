"""How long 12 arms × 30 seeds of `small` on all of CIFAR-10 take: an estimate from a few cells.

    python -m benchmarks.larger_study [--workers 1,2,4,8] [--out benchmarks/results]

12 epochs, batch 512, 50,000 training and 10,000 test images, which are noise here, since time does
not depend on them. Processes share the device as workers of a study do. Each prepares one cell of
one arm, trains its first epoch (in which steps are compiled and captured), then at a signal a
second, and tests. A cell is the first epoch, 11 like the second and a test; a study is 360 cells
over the workers, without its start and its judging.
"""

import argparse
import multiprocessing
import statistics
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch
from benchmarks.outcome import Bars, Goal, Outcome, Row, parser, tell
from benchmarks.peers.work import CLASSES, MEAN, STD

from augury.augment import build_augmentation
from augury.data.dataset import Split
from augury.models import ModelSpec, build_model
from augury.records.recipe import Recipe
from augury.training import Network, Normalize, Speed, Training, evaluate

CELLS, EPOCHS, MINUTES = 12 * 30, 12, 20
# Of the twelve, those whose time differs.
ARMS = ("normal+random-erasing", "trivialaugment", "cutmix", "none")
TITLE = "12 arms × 30 seeds of small on CIFAR-10, estimated"


@dataclass(frozen=True)
class Size:
    train: int
    test: int
    batch: int


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--workers", help="numbers by commas; default: 1,2,4,8")
    given = options.parse_args()
    counts = [int(n) for n in (given.workers or ("1" if given.short else "1,2,4,8")).split(",")]
    size = Size(64, 32, 16) if given.short else Size(50_000, 10_000, 512)
    rows = [row_of(n, measure(n, size, given)) for n in counts]
    best = min(rows, key=lambda row: row["minutes in all"])
    minutes = best["minutes in all"]
    goal = Goal(
        f"all of it ≤ {MINUTES} minutes",
        f"{minutes:.1f} minutes with {best['workers']} workers",
        minutes <= MINUTES,
    )
    bars = Bars(
        "minutes",
        {f"{row['workers']} workers": {"all cells": row["minutes in all"]} for row in rows},
    )
    notes = [f"arms that were tried: {', '.join(ARMS[: max(counts)])}, one a worker in turns"]
    tell(Outcome("L", TITLE, rows, [goal], bars, notes), given)


def measure(workers: int, size: Size, given: argparse.Namespace) -> list[tuple[float, ...]]:
    """(first epoch, second epoch, test), in seconds, of each of `workers` processes."""
    if given.short and workers == 1:  # no other process: quick
        cell = Cell(ARMS[0], size, given.device)
        return [(cell.first, cell.epoch(), cell.test())]
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(workers)]
    processes = [
        context.Process(target=work, args=(far, ARMS[i % len(ARMS)], size, given.device))
        for i, (_, far) in enumerate(pairs)
    ]
    for process in processes:
        process.start()
    near = [connection for connection, _ in pairs]
    for connection in near:
        connection.recv()  # ready
    for connection in near:
        connection.send("go")
    found = [connection.recv() for connection in near]
    for process in processes:
        process.join()
    return found


def work(connection: Connection, arm: str, size: Size, device: str) -> None:
    torch.set_num_threads(1)
    cell = Cell(arm, size, device)
    connection.send("ready")
    connection.recv()
    connection.send((cell.first, cell.epoch(), cell.test()))


class Cell:
    """One in training, after its first epoch."""

    def __init__(self, arm: str, size: Size, device: str) -> None:
        torch.use_deterministic_algorithms(True, warn_only=True)
        self.train, self.part = noise(size.train), noise(size.test)
        model = build_model(ModelSpec("small", CLASSES, 3), 0)
        precision: Any = "bfloat16" if device.startswith("cuda") else "float32"
        speed = Speed("channels_last", precision)
        self.network = Network(model, Normalize(MEAN, STD), speed, torch.device(device))
        self.recipe = Recipe(epochs=EPOCHS, batch_size=size.batch, lr=1e-3, validation=0)
        training = Training(
            self.network,
            build_augmentation(arm),
            self.train,
            self.train.take(np.arange(0)),
            CLASSES,
            self.recipe,
            seed=0,
        )
        self.epochs = training.epochs()
        self.first = self.epoch()

    def epoch(self) -> float:
        began = time.perf_counter()
        next(self.epochs)  # its loss is read, so that the device is done
        return time.perf_counter() - began

    def test(self) -> float:
        began = time.perf_counter()
        evaluate(self.network, self.part, CLASSES, 2 * self.recipe.batch_size)
        return time.perf_counter() - began


def noise(n: int) -> Split:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (n, 3, 32, 32), dtype=np.uint8)
    return Split(images, np.arange(n) % CLASSES, np.arange(n))


def row_of(workers: int, found: list[tuple[float, ...]]) -> Row:
    first, epoch, test = (statistics.mean(each) for each in zip(*found, strict=True))
    cell = first + (EPOCHS - 1) * epoch + test
    return {
        "workers": workers,
        "first epoch, s": first,
        "later epoch, s": epoch,
        "test, s": test,
        "cell, s": cell,
        "minutes in all": CELLS * cell / workers / 60,
    }


if __name__ == "__main__":
    main()
