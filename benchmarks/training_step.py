"""A. One training step: gather, augment, forward, backward, optimizer; and what it could cost.

    python -m benchmarks.training_step [--models small,resnet18] [--out benchmarks/results]

Bare is the same network, optimizer and precision on one fixed tensor, without data and
augmentation; on a GPU it is one captured graph, so that nothing is launched by Python. Whole is
`augury.training.Training` as a study runs it, over epochs of `--steps` batches, with its order,
learning rates and bookkeeping; plain is the same with every fast path off. Deterministic
operations everywhere. All take turns; times by the clock, medians of seven blocks.
"""

import argparse
import os
from collections.abc import Callable
from inspect import signature

import numpy as np
import torch
import torch.nn.functional as F
from benchmarks.measuring import Taken, blocks_of, take_turns
from benchmarks.outcome import Bars, Goal, Outcome, Row, out_of_time, parser, tell
from benchmarks.peers.work import CLASSES, MEAN, STD

from augury.augment import build_augmentation
from augury.data.dataset import Split
from augury.kernels.switch import plain_path
from augury.models import ModelSpec, build_model
from augury.records.recipe import Recipe
from augury.training import Network, Normalize, Speed, Training
from augury.training.optimizers import build_optimizer

ARM = "normal+random-erasing"
FIVE = ("vgg19", "resnet50", "densenet121", "mobilenetv2", "efficientnet-b0")
MODELS = ("small", "resnet18", *FIVE)
SIZE = 32
BARE, CAPTURED, WHOLE, PLAIN = "bare", "bare, captured", "whole", "whole, plain"
TITLE = "One training step"


def main() -> None:
    given = parse()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    rows, found, notes = [], {}, []
    for model in given.models.split(","):
        if out_of_time(given):
            notes.append(f"{model} was left out: no time was left")
            continue
        try:
            found[model] = taken = measure(model, given, notes)
        except RuntimeError as error:  # one network that fails does not cost the others
            notes.append(f"{model} failed: {str(error).splitlines()[0]}")
            continue
        rows.append(row_of(model, taken, given))
    notes.append(f"milliseconds a step of {given.batch_size}, {SIZE}×{SIZE}, {ARM}, {speed(given)}")
    tell(Outcome("A", TITLE, rows, goals(found), bars(found), notes), given)


def parse() -> argparse.Namespace:
    options = parser(__doc__ or "")
    options.add_argument("--models", help=f"by commas; default: {','.join(MODELS)}")
    options.add_argument("--batch-size", type=int)
    options.add_argument("--steps", type=int, help="of an epoch, which is one call")
    given = options.parse_args()
    on_gpu = given.device.startswith("cuda")
    given.models = given.models or ",".join(MODELS if on_gpu else MODELS[:1])
    given.batch_size = given.batch_size or (8 if given.short else 128)
    given.steps = given.steps or (2 if given.short else 20 if on_gpu else 4)
    return given


def speed(given: argparse.Namespace) -> Speed:
    on_gpu = given.device.startswith("cuda")
    return Speed("channels_last", "bfloat16" if on_gpu else "float32")


def measure(model: str, given: argparse.Namespace, notes: list[str]) -> dict[str, Taken]:
    """Seconds a step of each way; a line for `notes` says how the steps were computed."""
    steps, ways = given.steps, dict[str, tuple[Callable[[], object], int]]()
    ways[BARE] = (bare_step(model, given), 1)
    if given.device.startswith("cuda"):
        ways[CAPTURED] = (captured(bare_step(model, given)), 1)
    plain = make_training(model, given, plain=True).epochs()
    training = make_training(model, given, plain=False)
    whole = training.epochs()

    def plain_epoch() -> object:
        with plain_path():
            return next(plain)

    ways[PLAIN] = (plain_epoch, steps)
    ways[WHOLE] = (lambda: next(whole), steps)
    calls = {name: run for name, (run, _) in ways.items()}
    seconds = 0 if given.short else 0.2
    taken = take_turns(calls, given.device, blocks_of(given.short), seconds)
    if way := getattr(training, "way", None):
        notes.append(f"{model}: {way.steps}" + (f", because {way.why}" if way.why else ""))
    return {name: taken[name].over(n) for name, (_, n) in ways.items()}


def network(model: str, given: argparse.Namespace) -> Network:
    built = build_model(ModelSpec(model, CLASSES, 3), 0)
    device = torch.device(given.device)
    return Network(built, Normalize(MEAN, STD), speed(given), device).train()


def bare_step(model: str, given: argparse.Namespace) -> Callable[[], object]:
    """A step on one fixed tensor of normalized images."""
    net = network(model, given)
    optimizer = build_optimizer(net, recipe(given))
    images = torch.randn(given.batch_size, 3, SIZE, SIZE, device=given.device)
    images = images.contiguous(memory_format=torch.channels_last)
    targets = torch.eye(CLASSES, device=given.device)[torch.arange(given.batch_size) % CLASSES]

    def step() -> None:
        loss = F.cross_entropy(net(images), targets)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def captured(step: Callable[[], object]) -> Callable[[], object]:
    """`step` as a CUDA graph."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def make_training(model: str, given: argparse.Namespace, plain: bool) -> Training:
    """Training on images of noise; see the head of this file."""
    random = np.random.default_rng(0)
    n = given.steps * given.batch_size
    images = random.integers(0, 256, (n, 3, SIZE, SIZE), dtype=np.uint8)
    train = Split(images, np.arange(n) % CLASSES, np.arange(n))
    # Without a capture of its own every step is computed anew.
    eager = {"capture": None} if plain and "capture" in signature(Training).parameters else {}
    return Training(
        network(model, given),
        build_augmentation(ARM),
        train,
        train.take(np.arange(0)),
        CLASSES,
        recipe(given),
        seed=0,
        **eager,
    )


def recipe(given: argparse.Namespace) -> Recipe:
    # At so low a rate noise never makes the loss infinite.
    return Recipe(epochs=100_000, batch_size=given.batch_size, lr=1e-3, schedule="constant")


def row_of(model: str, taken: dict[str, Taken], given: argparse.Namespace) -> Row:
    row: Row = {"network": model, "batch": given.batch_size}
    row |= {name: 1000 * one.seconds for name, one in taken.items()}
    low, high = (1000 * v for v in taken[WHOLE].spread)
    row["whole, range"] = f"{low:.3g}–{high:.3g}"
    row["whole / bare"] = taken[best_bare(taken)].times_faster(taken[WHOLE])
    row["plain / whole"] = taken[WHOLE].times_faster(taken[PLAIN])
    return row


def best_bare(taken: dict[str, Taken]) -> str:
    return CAPTURED if CAPTURED in taken else BARE


def goals(found: dict[str, dict[str, Taken]]) -> list[Goal]:
    stated = []
    for model, taken in found.items():
        if model in FIVE:
            ratio = taken[WHOLE].times_faster(taken[PLAIN])
            stated.append(Goal(f"{model}: ≥ 3 × the plain path", f"{ratio:.2f} ×", ratio >= 3))
        else:
            ratio = taken[best_bare(taken)].times_faster(taken[WHOLE])
            goal = f"{model}: a whole step ≤ 1.25 × the {best_bare(taken)} one"
            met = ratio <= 1.25 if CAPTURED in taken else None  # it is one for GPUs
            stated.append(Goal(goal, f"{ratio:.2f} ×", met))
    return stated


def bars(found: dict[str, dict[str, Taken]]) -> Bars:
    groups = {
        model: {name: 1000 * one.seconds for name, one in taken.items()}
        for model, taken in found.items()
    }
    return Bars("milliseconds a step", groups)


if __name__ == "__main__":
    main()
