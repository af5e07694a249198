"""Our recipe for pretrained networks beside timm's own loop, at equal epochs, in one run.

    python -m benchmarks.recipes PHOTOS --weights FILE [--model NAME] [--size 112] [--epochs 10]

Both start from the same weights and see the same images, each mirrored with probability 0.5; both
are scored on the validation part, never on the test part. Ours are the named recipes, trained by
`augury.training`. timm's is its optimizer and its schedule (`create_optimizer_v2`,
`create_scheduler_v2`) in a plain loop: AdamW without decay of biases and norms, one learning rate
for all layers, one epoch of warm-up, then a cosine. --rates tries it with several, as nobody can
know the best one beforehand. --short tries every part on a few images and measures nothing.
"""

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import timm.optim
import timm.scheduler
import torch
import torch.nn.functional as F
from benchmarks.outcome import Row, table
from torch import Tensor

from augury.augment import build_augmentation
from augury.data import Dataset, Split, batches, epoch_order, load_dataset
from augury.models import ModelSpec, build_model
from augury.study.planning.parts import run_parts
from augury.study.planning.recipes import named_recipe
from augury.training import Network, Recipe, Speed, Training, evaluate
from augury.training.deterministic import use_deterministic_algorithms
from augury.training.device import current_device
from augury.training.normalizations import build_normalize

SHORT = {"size": 32, "epochs": 1, "images": 40, "seeds": 1, "rates": "0.0005"}


def main() -> None:
    given = parse()
    use_deterministic_algorithms()
    data = load_dataset(str(given.photos), image_size=given.size)
    rows = []
    with current_device(torch.device(given.device)):
        for name in ("fine-tune", "linear-probe"):
            recipe = replace(named_recipe(name, {}), epochs=given.epochs, train_limit=given.images)
            rows.append(row(f"ours, {name}", [ours(given, data, recipe, s) for s in seeds(given)]))
            print("\n".join(table(rows[-1:])), flush=True)
        for rate in map(float, given.rates.split(",")):
            found = [timms(given, data, rate, s) for s in seeds(given)]
            rows.append(row(f"timm, AdamW {rate:g}", found))
    print(
        f"{given.model}, {given.size} pixels, {given.epochs} epochs, {given.seeds} seeds, torch "
        f"{torch.__version__}, timm {timm.__version__}, {given.device}"
    )
    print("\n".join(table(rows)))


def parse() -> argparse.Namespace:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("photos", type=Path)
    options.add_argument("--weights", type=Path, help="default: timm's, fetched")
    options.add_argument("--model", default="timm:efficientnet_lite0")
    options.add_argument("--size", type=int, default=112)
    options.add_argument("--epochs", type=int, default=10)
    options.add_argument("--images", type=int, help="to train on at most")
    options.add_argument("--seeds", type=int, default=2)
    options.add_argument("--rates", default="0.0002,0.0005,0.001", help="of timm's loop")
    options.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options.add_argument("--short", action="store_true")
    given = options.parse_args()
    if given.short:
        vars(given).update(SHORT)
    return given


def seeds(given: argparse.Namespace) -> range:
    return range(given.seeds)


def row(way: str, found: list[tuple[float, float]]) -> Row:
    """From the accuracy and the seconds of each seed."""
    accuracies, seconds = zip(*found, strict=True)
    return {
        "way": way,
        "validation, %": 100 * float(np.mean(accuracies)),
        "from": 100 * min(accuracies),
        "to": 100 * max(accuracies),
        "seconds a run": float(np.mean(seconds)),
    }


def start(given: argparse.Namespace, data: Dataset, train: Split, seed: int) -> Network:
    """The network with its pretrained weights and a fresh head, the same for both."""
    spec = ModelSpec(
        given.model, data.num_classes, data.channels, pretrained=True, weights=given.weights
    )
    normalize = build_normalize("pretrained", train.images, given.model)
    speed = Speed("channels_last", "float32")
    return Network(build_model(spec, seed), normalize, speed, torch.device(given.device))


def ours(
    given: argparse.Namespace, data: Dataset, recipe: Recipe, seed: int
) -> tuple[float, float]:
    """Validation accuracy and seconds."""
    parts = run_parts(data, recipe, seed)
    network = start(given, data, parts.train, seed)
    flip, none = build_augmentation("flip"), parts.validation.take(slice(0, 0))
    training = Training(network, flip, parts.train, none, data.num_classes, recipe, seed)
    started = time.perf_counter()
    for _ in training.epochs():
        pass
    seconds = time.perf_counter() - started
    training.choose()
    return evaluate(network, parts.validation, data.num_classes, 64).accuracy, seconds


def timms(given: argparse.Namespace, data: Dataset, rate: float, seed: int) -> tuple[float, float]:
    """The same by timm's parts."""
    recipe = replace(named_recipe("fine-tune", {}), train_limit=given.images)
    parts = run_parts(data, recipe, seed)
    network = start(given, data, parts.train, seed)
    steps = -(-len(parts.train) // recipe.batch_size)
    optimizer = timm.optim.create_optimizer_v2(
        network.model, opt="adamw", lr=rate, weight_decay=recipe.weight_decay
    )
    schedule, epochs = timm.scheduler.create_scheduler_v2(
        optimizer,
        sched="cosine",
        num_epochs=given.epochs,
        warmup_epochs=min(1, given.epochs - 1),
        warmup_lr=rate / 100,
        updates_per_epoch=steps,
        step_on_epochs=False,
    )
    torch.manual_seed(seed)
    started = time.perf_counter()
    for epoch in range(epochs):
        network.train()
        order = epoch_order(len(parts.train), seed, epoch)
        mixed = batches(parts.train, data.num_classes, recipe.batch_size, order)
        for step, batch in enumerate(mixed):
            images, targets = (each.to(given.device) for each in (batch.images, batch.targets))
            logits = network.predict(mirrored(images))
            loss = F.cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step_update(epoch * steps + step + 1)
    seconds = time.perf_counter() - started
    return evaluate(network, parts.validation, data.num_classes, 64).accuracy, seconds


def mirrored(images: Tensor) -> Tensor:
    """Each with probability 0.5."""
    chosen = torch.rand(len(images), device=images.device) < 0.5
    return torch.where(chosen[:, None, None, None], images.flip(3), images)


if __name__ == "__main__":
    main()
