"""What a study costs, computed from how long its pieces take and how large they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

PROCESS = 800_000_000
"""Bytes of an idle worker: 0.78 GB with PyTorch 2.15 on Linux without a GPU."""


@dataclass(frozen=True)
class Timings:
    """Seconds that the pieces of one arm's runs take on one data set and model.

    step: a training step on a batch that is on the device; load: making the batch; augment:
    augmenting it; maps: the saliency maps of one image by the network in training; predict:
    evaluating one image; corrupt: making all corruptions of one image; save: writing a checkpoint.
    """

    step: float
    load: float
    augment: float
    maps: float
    predict: float
    corrupt: float
    save: float


@dataclass(frozen=True)
class Work:
    """How often one run does each piece.

    mapped: images whose maps are computed, each time counted; predicted: images evaluated, those
    of validation at each look and all corrupted ones included; corrupted: test images that are
    corrupted.
    """

    epochs: int
    steps: int
    mapped: int
    predicted: int
    corrupted: int


@dataclass(frozen=True)
class Sizes:
    """Sizes of one arm's runs, bytes.

    weights: the network as it is stored; parameters: what is trained of it; states: what the
    optimizer keeps; checkpoint: one in training; predictions: as stored, before compression;
    activations: what a training step keeps; images: what a process holds; maps: of these images.
    """

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
        """Bytes that a finished run leaves on disk."""
        return self.weights + self.predictions

    @property
    def network(self) -> int:
        """Bytes on the device in training: weights, gradients, optimizer states, activations."""
        return self.weights + self.parameters + self.states + self.activations


@dataclass(frozen=True)
class ArmCost:
    """What one arm costs on one data set and model.

    cells: how many are still to be run; seconds: of one of them.
    step: seconds of a training step without augmentation; augment: what the augmentation and its
    maps add to a step; once: seconds before the first run, by what is computed then.
    features_once: whether the step is one of the head alone, as a frozen body sees each image once.
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
    features_once: bool = False

    @property
    def arm(self) -> tuple[str, str, str]:
        """Data set, model and augmentation."""
        return self.dataset, self.model, self.augmentation


@dataclass(frozen=True)
class Proposal:
    """One change to a study that makes it shorter.

    option: as `augury study` takes it; seconds: about what the whole study then takes.
    """

    option: str
    seconds: float


@dataclass(frozen=True)
class Costs:
    """What all cells that are still to be run cost.

    cells: how many there are; done: how many are finished, which are not counted.
    seconds: with `workers` cells at once.
    most: seconds with all seeds that may be added, where a study runs until it is decided.
    disk: bytes at the largest moment; free: bytes free there.
    memory, gpu: bytes of all workers together in the machine's memory and the GPU's (0 without
    one); both are estimates.
    proposals: what makes a long study shorter.
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
    proposals: tuple[Proposal, ...] = ()


def run_seconds(work: Work, timings: Timings) -> float:
    """Seconds of one run."""
    t = timings
    return (
        work.steps * (t.step + t.load + t.augment)
        + work.mapped * t.maps
        + work.predicted * t.predict
        + work.corrupted * t.corrupt
        + work.epochs * t.save
    )


def augment_seconds(work: Work, timings: Timings) -> float:
    """Seconds that the augmentation and its maps add to a training step."""
    return timings.augment + work.mapped * timings.maps / work.steps


def study_seconds(arms: Sequence[ArmCost], workers: int) -> float:
    """Seconds of all runs, `workers` at once; no less than those of the longest run.

    Maps that several arms share are computed once, before the first run that needs them.
    """
    running = [arm for arm in arms if arm.cells]
    total = math.fsum(arm.cells * arm.seconds for arm in running)
    longest = max((arm.seconds for arm in running), default=0.0)
    once = {name: seconds for arm in running for name, seconds in arm.once.items()}
    return math.fsum(once.values()) + max(total / workers, longest)


def disk_bytes(arms: Sequence[ArmCost], workers: int) -> int:
    """Bytes at the largest moment: all results, and an old and a new checkpoint of each worker."""
    kept = sum(arm.cells * arm.sizes.stored for arm in arms)
    at_work = sorted(
        (arm.sizes.checkpoint for arm in arms for _ in range(min(arm.cells, workers))),
        reverse=True,
    )
    return kept + 2 * sum(at_work[:workers])


def memory_bytes(arms: Sequence[ArmCost], workers: int, on_gpu: bool) -> int:
    """Bytes of the machine's memory, while all `workers` are at the largest arm."""
    needs = [
        PROCESS + arm.sizes.images + arm.sizes.maps + (0 if on_gpu else arm.sizes.network)
        for arm in arms
        if arm.cells
    ]
    return workers * max(needs, default=0)


def gpu_bytes(arms: Sequence[ArmCost], workers: int) -> int:
    """Bytes of the GPU's memory, while all `workers` are at the largest arm, without CUDA's own."""
    return workers * max((arm.sizes.network for arm in arms if arm.cells), default=0)
