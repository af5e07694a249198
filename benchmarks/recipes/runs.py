"""Training runs, scored on images that are held out of the training part."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from benchmarks.outcome import Row

from augury.augment import build_augmentation
from augury.data import Dataset, Split
from augury.models import ModelSpec, build_model
from augury.records.numbers import Precision
from augury.study.planning.parts import run_parts
from augury.training import Network, Recipe, Speed, Training, evaluate
from augury.training.device import current_device
from augury.training.normalizations import build_normalize


@dataclass(frozen=True)
class Start:
    """A network as all its runs begin.

    pretrained: else from random weights; weights: the file of the pretrained ones, None: timm's;
    precision: in which it is the fastest on a processor with AMX.
    """

    model: str
    pretrained: bool
    weights: Path | None
    device: torch.device
    precision: Precision = "float32"

    def network(self, data: Dataset, train: Split, seed: int) -> Network:
        """With a head, and without pretrained weights a body, that is drawn by `seed`."""
        spec = ModelSpec(
            self.model,
            data.num_classes,
            data.channels,
            pretrained=self.pretrained,
            weights=self.weights if self.pretrained else None,
        )
        statistics = "pretrained" if self.pretrained else "train"
        normalize = build_normalize(statistics, train.images, self.model)
        speed = Speed("channels_last", self.precision)
        return Network(build_model(spec, seed), normalize, speed, self.device)


def score(start: Start, data: Dataset, recipe: Recipe, seed: int) -> tuple[float, float]:
    """Accuracy on the validation images, in [0, 1], and the seconds that training took.

    Images are mirrored with probability 0.5, and nothing else is done to them.
    """
    parts = run_parts(data, recipe, seed)
    with current_device(start.device):
        network = start.network(data, parts.train, seed)
        none = parts.validation.take(slice(0, 0))
        flip = build_augmentation("flip")
        training = Training(network, flip, parts.train, none, data.num_classes, recipe, seed)
        began = time.perf_counter()
        for _ in training.epochs():
            pass
        seconds = time.perf_counter() - began
        training.choose()
        return evaluate(network, parts.validation, data.num_classes, 64).accuracy, seconds


def row_of(way: str, found: list[tuple[float, float]]) -> Row:
    """From the accuracy and the seconds of each seed."""
    accuracies, seconds = zip(*found, strict=True)
    return {
        "way": way,
        "validation, %": 100 * float(np.mean(accuracies)),
        "from": 100 * min(accuracies),
        "to": 100 * max(accuracies),
        "seconds a run": float(np.mean(seconds)),
    }
