"""What live saliency costs: training steps of `resnet18` plain and with `salience`.

python benchmarks/live_saliency.py [--steps 10] [--repeats 9] [--out benchmarks/results/NAME.json]

Images of 32×32 (random, as time does not depend on them), batch 100, SGD. The ways take turns
within each repetition, so that what else the machine does falls on all alike; a ratio is that of
two medians within one repetition, and the table gives the ratios' median and range.

plain: no augmentation. cached: maps looked up, as after a fixed teacher or between two refreshes.
live: the exact gradient of each batch before its step; live:half: at half resolution.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from augury.augment import Augmentation, Identity, Salience
from augury.batch import Batch
from augury.models import ModelSpec, build_model
from augury.records.json_file import to_values
from augury.rng import Draws
from augury.saliency import HalfResolution, MapCache
from augury.saliency.kinds import KINDS
from augury.study.provenance import provenance
from augury.training import Network, Normalize, Recipe, Speed
from augury.training.network import LAYOUTS, PRECISIONS
from augury.training.optimizers import build_optimizer

CLASSES, SIZE = 10, 32
WAYS = ("plain", "cached", "live", "live:half")
WARM_UP = 2


def main() -> None:
    arguments = parse()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    batches = [make_batch(arguments.batch_size, i) for i in range(arguments.steps)]
    ways = {way: make_way(way, arguments, batches) for way in WAYS}
    medians: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(arguments.repeats):
        for way, step in ways.items():
            medians[way].append(median_seconds(step, batches, arguments.device))
    rows = {way: summary(medians[way], medians["plain"]) for way in WAYS}
    report = {"arguments": {k: str(v) for k, v in vars(arguments).items()}, "rows": rows}
    print_table(arguments, rows, found := to_values(provenance()))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps({**report, **found}, indent=2) + "\n")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="resnet18")
    parser.add_argument("--kind", default="gradient", help="of saliency")
    parser.add_argument("--steps", type=int, default=10, help="a way and repetition")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--layout", choices=LAYOUTS, default="channels_last")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--out", type=Path, help="also write everything to this JSON file")
    return parser.parse_args()


def make_batch(size: int, number: int) -> Batch:
    return Batch(
        images=torch.randint(0, 256, (size, 3, SIZE, SIZE), dtype=torch.uint8),
        targets=torch.eye(CLASSES)[torch.randint(0, CLASSES, (size,))],
        ids=torch.from_numpy(np.arange(number * size, (number + 1) * size)),
    )


def make_way(
    way: str, arguments: argparse.Namespace, batches: list[Batch]
) -> Callable[[Batch], None]:
    """A training step, each way with a network of its own."""
    device = torch.device(arguments.device)
    model = build_model(ModelSpec(arguments.model, CLASSES, 3), 0)
    speed = Speed(arguments.layout, arguments.precision)
    network = Network(model, Normalize((0.5,) * 3, (0.25,) * 3), speed, device)
    optimizer = build_optimizer(network, Recipe(lr=0.01))
    saliency = KINDS[arguments.kind].build(network, network.normalize)
    augment: Augmentation = Identity()
    if way == "cached":
        augment = Salience(MapCache.of(saliency, (batch.to(device) for batch in batches)))
    elif way != "plain":
        augment = Salience(saliency if way == "live" else HalfResolution(saliency))
    network.train()

    def step(batch: Batch) -> None:
        batch = batch.to(device)
        batch = augment(batch, Draws(0, 0, batch.ids))
        loss = F.cross_entropy(network.predict(batch.images), batch.targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    for batch in batches[:WARM_UP]:
        step(batch)
    return step


def median_seconds(step: Callable[[Batch], None], batches: list[Batch], device: str) -> float:
    """Of a step over `batches`."""
    taken = []
    for batch in batches:
        started = time.perf_counter()
        step(batch)
        if device == "cuda":
            torch.cuda.synchronize()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def summary(seconds: list[float], plain: list[float]) -> dict[str, float]:
    ratios = [one / other for one, other in zip(seconds, plain, strict=True)]
    return {
        "milliseconds": 1000 * statistics.median(seconds),
        "ratio": statistics.median(ratios),
        "lowest_ratio": min(ratios),
        "highest_ratio": max(ratios),
    }


def print_table(
    arguments: argparse.Namespace, rows: dict[str, dict[str, float]], found: dict[str, object]
) -> None:
    print(
        f"{arguments.model}, {SIZE}×{SIZE}, batch {arguments.batch_size}, {arguments.layout} "
        f"{arguments.precision}, {arguments.device}, {arguments.threads} threads; saliency: "
        f"{arguments.kind}; {arguments.repeats} repetitions of {arguments.steps} steps"
    )
    print(f"machine: {found['machine']}")
    print(f"versions: {found['versions']}, commit {found['git_commit']}")
    print()
    print("| way | ms a step | times plain | range |")
    print("| --- | --- | --- | --- |")
    for way, row in rows.items():
        lowest, highest = row["lowest_ratio"], row["highest_ratio"]
        print(
            f"| {way} | {row['milliseconds']:.1f} | {row['ratio']:.3f} "
            f"| {lowest:.3f}–{highest:.3f} |"
        )


if __name__ == "__main__":
    main()
