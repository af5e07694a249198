"""F. A training step of five networks on a processor, ours and Keras' with TensorFlow.

    python -m benchmarks.networks [--out benchmarks/results]

100 random images of 32×32 in memory, 10 classes, Adam, as many threads as the machine has cores.
Ours is the fastest layout and precision, as the probe chooses it, once as it trains and once by
PyTorch's own operations alone; Keras' networks compute in float32. They take turns; a ratio is the
median of those within seven blocks, by the clock, and beside it of the processor's time.
"""

import argparse
import os
from collections.abc import Callable

import torch
import torch.nn.functional as F
from benchmarks.measuring import Taken, blocks_of, take_turns
from benchmarks.outcome import Bars, Goal, Outcome, Row, out_of_time, parser, tell
from benchmarks.peers import keras_networks

from augury.kernels import plain_path
from augury.models import ModelSpec, build_model
from augury.training import Network, Normalize, Recipe, Speed
from augury.training.deterministic import use_deterministic_algorithms
from augury.training.optimizers import build_optimizer
from augury.training.probe import fastest, measure_speeds

TITLE = "A training step of five networks on a processor"
RECIPE = Recipe(optimizer="adamw", lr=0.001, weight_decay=0.0)
GOAL = 1.5
OURS, PLAIN, KERAS = "ours", "ours, plain", "keras"
Step = Callable[[], object]


def main() -> None:
    given = parse()
    use_deterministic_algorithms()
    threads = given.threads
    torch.set_num_threads(threads)
    images = 4 if given.short else 100
    names = ["mobilenetv2"] if given.short else given.models.split(",")
    rows, found, left_out = [], {}, []
    for name in names:
        if out_of_time(given):
            left_out.append(f"{name} was left out: no time was left")
            continue
        speed, ways = steps_of(name, images, threads, given.short)
        found[name] = taken = take_turns(ways, "cpu", blocks_of(given.short), 0)
        rows.append(row_of(name, speed, taken))
    if not keras_networks.here():
        left_out.append("Keras and TensorFlow are not installed: pip install 'augury[bench]'")
    notes = [
        f"milliseconds a step of {images} images, {threads} threads, medians of "
        f"{blocks_of(given.short)} blocks that take turns; in brackets by the processor's time",
        *left_out,
    ]
    goals = [goal_of(name, taken) for name, taken in found.items()]
    groups = {
        name: {way: 1000 * one.seconds for way, one in taken.items()}
        for name, taken in found.items()
    }
    bars = Bars("milliseconds a training step", groups)
    tell(Outcome("F", TITLE, rows, goals, bars, notes), given)


def parse() -> argparse.Namespace:
    options = parser(__doc__ or "")
    five = ",".join(keras_networks.NAMES)
    options.add_argument("--models", default=five, help=f"by commas; default: {five}")
    cores = os.cpu_count() or 1
    options.add_argument("--threads", type=int, default=cores, help=f"default: {cores}")
    return options.parse_args()


def steps_of(name: str, images: int, threads: int, short: bool) -> tuple[Speed, dict[str, Step]]:
    """The layout and precision that the probe chooses, and a step of each way."""
    shape = (images, 3, 32, 32)
    seconds = 0.0 if short else 1.0

    def build() -> torch.nn.Module:
        return build_model(ModelSpec(name, 10, 3), 0)

    cpu = torch.device("cpu")
    speed = fastest(measure_speeds(build, shape, 10, RECIPE, cpu, seconds=seconds))
    with plain_path():
        plain_speed = fastest(measure_speeds(build, shape, 10, RECIPE, cpu, seconds=seconds))
    plain = our_step(build(), plain_speed, images)

    def by_plain_operations() -> None:
        with plain_path():
            plain()

    ways: dict[str, Step] = {OURS: our_step(build(), speed, images), PLAIN: by_plain_operations}
    if keras_networks.here():
        ways[KERAS] = keras_networks.training_step(name, images, 32, threads)
    return speed, ways


def our_step(model: torch.nn.Module, speed: Speed, images: int) -> Step:
    """A training step as the training loop takes it, on images in memory."""
    normalize = Normalize((0.5,) * 3, (0.25,) * 3)
    network = Network(model, normalize, speed, torch.device("cpu")).train()
    optimizer = build_optimizer(network, RECIPE)
    generator = torch.Generator().manual_seed(0)
    pixels = torch.rand((images, 3, 32, 32), generator=generator)
    labels = torch.randint(10, (images,), generator=generator)

    def step() -> None:
        loss = F.cross_entropy(network.predict(pixels), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    return step


def row_of(name: str, speed: Speed, taken: dict[str, Taken]) -> Row:
    row: Row = {"network": name, "fastest": str(speed)}
    row |= {way: 1000 * one.seconds for way, one in taken.items()}
    row["plain / ours"] = _ratio(taken, PLAIN)
    row["keras / ours"] = _ratio(taken, KERAS)
    if KERAS in taken:
        low, high = taken[OURS].times_faster_range(taken[KERAS])
        row["range"] = f"{low:.2f}–{high:.2f}"
    return row


def _ratio(taken: dict[str, Taken], other: str) -> str | None:
    if other not in taken:
        return None
    wall = taken[OURS].times_faster(taken[other])
    processor = taken[OURS].times_faster(taken[other], "processor")
    return f"{wall:.2f} ({processor:.2f})"


def goal_of(name: str, taken: dict[str, Taken]) -> Goal:
    what = f"{name}: Keras' step, ≥ {GOAL} ×"
    if KERAS not in taken:
        return Goal(what, "nothing to compare", None)
    ratio = taken[OURS].times_faster(taken[KERAS])
    return Goal(what, f"{ratio:.2f} ×", ratio >= GOAL)


if __name__ == "__main__":
    main()
