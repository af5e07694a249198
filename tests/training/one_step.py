"""A script: training steps of networks, each by all processes that torchrun starts together.

    torchrun --standalone --nproc-per-node N one_step.py --out OUT \\
        --step MODEL IMAGES PRECISION TRAINED ...

MODEL: a network's name; IMAGES: in the batch; PRECISION: single or double; TRAINED: whole or head,
which also has an average of its weights. Of step i process r leaves OUT-i-r.safetensors: gradients,
statistics of the normalization, loss, the average, and the logits of held-out images.
"""

import argparse

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

from augury.augment import build_augmentation
from augury.data import Split
from augury.models import ModelSpec, build_model
from augury.models.body import head_of
from augury.training import Network, Normalize, Recipe, Speed, Training, evaluate
from augury.training.processes import Processes, started_by_torchrun

CLASSES, SIDE = 5, 32
WAYS = {"whole": {}, "head": {"freeze": "body", "ema": 0.75, "clip": 0.5}}
ARMS = {"whole": "flip+cutmix", "head": "none"}


def make_split(n: int, first: int) -> Split:
    generator = np.random.default_rng(first)
    images = generator.integers(0, 256, (n, 3, SIDE, SIDE), dtype=np.uint8)
    return Split(images, np.arange(n) % CLASSES, np.arange(first, first + n))


class Double(nn.Module):
    """In double precision, where no ReLU is on its other side for want of digits."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model.double()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.model(images.double())

    def get_classifier(self) -> list[nn.Module]:
        return head_of(self.model)


def step(
    name: str, images: int, precision: str, trained: str, processes: Processes
) -> dict[str, torch.Tensor]:
    stem = "small" if name == "mobilenetv2" else None
    model = build_model(ModelSpec(name, CLASSES, 3, stem=stem), 0)
    network = Network(
        Double(model) if precision == "double" else model,
        Normalize((0.5,) * 3, (0.3,) * 3),
        Speed(),
        torch.device("cpu"),
    )
    size = max(images, 2)
    recipe = Recipe(epochs=1, batch_size=size, lr=1e-3, label_smoothing=0.1, **WAYS[trained])
    train, held_out = make_split(images, 0), make_split(7, 1000)
    arm = build_augmentation(ARMS[trained])
    training = Training(network, arm, train, held_out, CLASSES, recipe, 0, processes=processes)
    (epoch,) = training.epochs()
    assert len(training.history) == 1
    if trained == "head":  # each process has a part of the images, and no features of the others
        together = processes.count > 1
        assert training.way.features == ("each step" if together else "once")
    weights = network.model.named_parameters()
    found = {f"gradient {n}": p.grad for n, p in weights if p.grad is not None}
    averaged = training.average.state() if training.average else {}
    found |= {f"average {n}": v for n, v in averaged.items()}
    training.choose()
    found |= {f"buffer {n}": b.float() for n, b in network.model.named_buffers()}
    outcome = evaluate(network, held_out, CLASSES, 4, processes)
    found["logits"] = torch.from_numpy(outcome.logits)
    found["told"] = torch.tensor([epoch.loss, epoch.accuracy, epoch.validation_loss])
    return {name: value.contiguous() for name, value in found.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--step", nargs=4, action="append")
    parser.add_argument("--out")
    given = parser.parse_args()
    torch.set_num_threads(1)
    with started_by_torchrun() as processes:
        for number, (model, images, precision, trained) in enumerate(given.step):
            found = step(model, int(images), precision, trained, processes)
            save_file(found, f"{given.out}-{number}-{processes.rank}.safetensors")
