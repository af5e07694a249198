"""Our recipes for pretrained networks beside timm's own loop, at equal epochs, in one run.

Both start from the same weights and see the same images, each mirrored with probability 0.5; both
are scored on the other half of the training part, as the validation part of a folder may be small.
timm's is its optimizer and its schedule (`create_optimizer_v2`,
`create_scheduler_v2`) in a plain loop: AdamW without decay of biases and norms, one learning rate
for all layers, one epoch of warm-up, then a cosine. It gets several rates, as nobody can know the
best one beforehand.
"""

import argparse
import time
from dataclasses import replace

import timm.optim
import timm.scheduler
import torch
import torch.nn.functional as F
from benchmarks.outcome import table
from benchmarks.recipes.runs import Start, row_of, score
from torch import Tensor

from augury.data import Dataset, batches, epoch_order, load_dataset
from augury.study.planning.parts import run_parts
from augury.study.planning.recipes import named_recipe
from augury.training import Recipe, evaluate
from augury.training.device import current_device

SIZE, EPOCHS = 112, 5


def compare_with_timm(given: argparse.Namespace) -> None:
    """One table, and each row of it as soon as it is there."""
    size = given.size or SIZE
    data = replace(load_dataset(str(given.photos), image_size=size), validation=None)
    settings = {
        "epochs": given.epochs or EPOCHS,
        "train_limit": given.images,
        "validation": 0.5,
    }
    ours = {
        name: replace(named_recipe(name, {}), **settings) for name in ("fine-tune", "linear-probe")
    }
    start = Start(given.model, True, given.weights, torch.device(given.device))
    seeds = range(given.seeds)
    rows = []
    for name, recipe in ours.items():
        found = [score(start, data, recipe, seed) for seed in seeds]
        rows.append(row_of(f"ours, {name}", found))
        print("\n".join(table(rows[-1:])), flush=True)
    for rate in map(float, given.rates.split(",")):
        found = [timms_score(start, data, ours["fine-tune"], rate, seed) for seed in seeds]
        rows.append(row_of(f"timm, AdamW {rate:g}", found))
        print("\n".join(table(rows[-1:])), flush=True)
    print(
        f"\n{given.model} on {data.name}, {size} pixels, {settings['epochs']} epochs, "
        f"{given.seeds} seeds, torch {torch.__version__}, timm {timm.__version__}, {given.device}\n"
    )
    print("\n".join(table(rows)))


def timms_score(
    start: Start, data: Dataset, recipe: Recipe, rate: float, seed: int
) -> tuple[float, float]:
    """As `score`, by timm's parts.

    recipe: of ours, of which the parts of the data, batch size, epochs, weight decay and label
    smoothing are taken.
    """
    parts = run_parts(data, recipe, seed)
    with current_device(start.device):
        network = start.network(data, parts.train, seed)
        steps = -(-len(parts.train) // recipe.batch_size)
        optimizer = timm.optim.create_optimizer_v2(
            network.model, opt="adamw", lr=rate, weight_decay=recipe.weight_decay
        )
        schedule, epochs = timm.scheduler.create_scheduler_v2(
            optimizer,
            sched="cosine",
            num_epochs=recipe.epochs,
            warmup_epochs=min(1, recipe.epochs - 1),
            warmup_lr=rate / 100,
            updates_per_epoch=steps,
            step_on_epochs=False,
        )
        torch.manual_seed(seed)
        began = time.perf_counter()
        for epoch in range(epochs):
            network.train()
            order = epoch_order(len(parts.train), seed, epoch)
            mixed = batches(parts.train, data.num_classes, recipe.batch_size, order)
            for step, batch in enumerate(mixed):
                images, targets = (each.to(start.device) for each in (batch.images, batch.targets))
                logits = network.predict(mirrored(images))
                loss = F.cross_entropy(logits, targets, label_smoothing=recipe.label_smoothing)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step_update(epoch * steps + step + 1)
        seconds = time.perf_counter() - began
        return evaluate(network, parts.validation, data.num_classes, 64).accuracy, seconds


def mirrored(images: Tensor) -> Tensor:
    """Each with probability 0.5."""
    chosen = torch.rand(len(images), device=images.device) < 0.5
    return torch.where(chosen[:, None, None, None], images.flip(3), images)
