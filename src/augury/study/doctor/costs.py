"""What a study costs, reckoned from how long its pieces take and how large they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

PROCESS = 800_000_000
"""Bytes of a worker that does nothing: 0.78 GB with PyTorch 2.15 on Linux without a GPU."""


@dataclass(frozen=True)
class Timings:
    """How long the pieces of one arm's runs take on one data set and model, seconds.

    step: one training step on a batch that is there already; load: making the batch; augment:
    augmenting it; look: the maps of one image through the network in training; predict: one image
    through the trained network; corrupt: the making of one image's corruptions; save: writing one
    checkpoint
    """

    step: float
    load: float
    augment: float
    look: float
    predict: float
    corrupt: float
    save: float


@dataclass(frozen=True)
class Work:
    """How often each piece is needed in one run.

    looked: images whose maps are computed, counted each time; predicted: images evaluated, those of
    validation in each epoch and all corrupted ones included; corrupted: images that are corrupted
    """

    epochs: int
    steps: int
    looked: int
    predicted: int
    corrupted: int


@dataclass(frozen=True)
class Sizes:
    """Bytes. weights: of the network as it is stored; parameters: of what is trained; states: of
    the optimizer; checkpoint: of one in training; predictions: as stored, before compression;
    activations: of one training step; images: that a process holds; maps: of these images"""

    weights: int
    parameters: int
    states: int
    checkpoint: int
    predictions: int
    activations: int
    images: int
    maps: int

    @property
    def stored(self) -> int:
        """What a finished run leaves."""
        return self.weights + self.predictions

    @property
    def network(self) -> int:
        """What training holds where the network is: weights, gradients, states, activations."""
        return self.weights + self.parameters + self.states + self.activations


@dataclass(frozen=True)
class ArmCost:
    """One arm on one data set and model. cells: still to be run; seconds: of one of them.

    step, augment: seconds of a training step, and what the augmentation adds to each, the maps
    that it looks at included; once: seconds before its first run, by what is computed then
    """

    dataset: str
    model: str
    augmentation: str
    cells: int
    step: float
    augment: float
    seconds: float
    once: dict[str, float]
    sizes: Sizes


@dataclass(frozen=True)
class Costs:
    """The whole of what is still to be run.

    cells: of them `done` are finished and not counted; seconds: with `workers` at once; most:
    where seeds are added until all is decided, with all that may be added, else None; disk: bytes
    at the largest moment; free: bytes free there; memory, gpu: bytes of all workers together in
    the machine's memory and the GPU's (0 without one); both are estimates
    """

    arms: tuple[ArmCost, ...]
    cells: int
    done: int
    workers: int
    seconds: float
    most: float | None
    disk: int
    free: int
    memory: int
    gpu: int


def run_seconds(work: Work, timings: Timings) -> float:
    """The time of one run."""
    t = timings
    return (
        work.steps * (t.step + t.load + t.augment)
        + work.looked * t.look
        + work.predicted * t.predict
        + work.corrupted * t.corrupt
        + work.epochs * t.save
    )


def augment_seconds(work: Work, timings: Timings) -> float:
    """What the augmentation adds to a training step, maps in training included."""
    return timings.augment + work.looked * timings.look / work.steps


def study_seconds(arms: Sequence[ArmCost], workers: int) -> float:
    """The time of all runs, `workers` at once: no shorter than the longest run.

    Maps that several arms share are computed once, before the first run that needs them.
    """
    running = [arm for arm in arms if arm.cells]
    total = math.fsum(arm.cells * arm.seconds for arm in running)
    longest = max((arm.seconds for arm in running), default=0.0)
    once = {name: seconds for arm in running for name, seconds in arm.once.items()}
    return math.fsum(once.values()) + max(total / workers, longest)


def disk_bytes(arms: Sequence[ArmCost], workers: int) -> int:
    """The largest moment: all results, and of each worker two checkpoints, an old and a new."""
    kept = sum(arm.cells * arm.sizes.stored for arm in arms)
    at_work = sorted(
        (arm.sizes.checkpoint for arm in arms for _ in range(min(arm.cells, workers))),
        reverse=True,
    )
    return kept + 2 * sum(at_work[:workers])


def memory_bytes(arms: Sequence[ArmCost], workers: int, on_gpu: bool) -> int:
    """The machine's, of `workers` processes that are all at the largest arm."""
    needs = [
        PROCESS + arm.sizes.images + arm.sizes.maps + (0 if on_gpu else arm.sizes.network)
        for arm in arms
        if arm.cells
    ]
    return workers * max(needs, default=0)


def gpu_bytes(arms: Sequence[ArmCost], workers: int) -> int:
    """The GPU's, of `workers` at the largest arm, without what CUDA itself takes."""
    return workers * max((arm.sizes.network for arm in arms if arm.cells), default=0)
