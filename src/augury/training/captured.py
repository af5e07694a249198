"""The training step as two captured graphs: one augments a batch, the other learns from it.

They are two so that their times are known apart, and so that all arms of a study share the second.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from augury.data import Split
from augury.kernels.capture import Capture, NotCapturableError, Replay
from augury.training.device import augmenting_device
from augury.training.feed import Feed, fits
from augury.training.sources import TeacherSources
from augury.training.step import Step
from augury.training.stopwatch import Stopwatch

# The graphs of so many networks, each with so many augmentations, are kept for later runs. All
# share their working memory; each network has its weights besides, and its images.
_NETWORKS, _AUGMENTATIONS = 4, 32
# No graph is kept where less of a GPU's memory is free.
_LEAST_FREE = 0.4


@dataclass(frozen=True)
class Alike:
    """Runs of one process that are equal in these use the same graphs, one after the other.

    learning: everything that `Step.learn` depends on, and the shapes of the data; augmenting:
    everything that `Step.augment` depends on besides, None where its graph serves one run only.
    """

    learning: str
    augmenting: str | None


@dataclass(frozen=True)
class Way:
    """How the steps of a run are computed.

    steps: "captured", those on whole batches are replayed; "eager", each is computed anew, and
    `why`; "" before the first epoch
    features: of a frozen body, "once", computed for all epochs together; "each step", and
    `why_each`; "" where the whole network is trained
    """

    steps: Literal["", "captured", "eager"] = ""
    why: str = ""
    features: Literal["", "once", "each step"] = ""
    why_each: str = ""


class LearningGraph:
    """`Step.learn` on `images` (B, C, H, W) and `targets` (B, K), which are written in place."""

    def __init__(self, step: Step, images: Tensor, targets: Tensor, capture: Capture) -> None:
        self.images = torch.empty_like(images, memory_format=step.network.layout)
        self.images.copy_(images)
        self.targets = targets.clone()
        self.loss, self.right = (torch.zeros((), device=images.device) for _ in range(2))
        self._step = step
        with step.unchanged():
            self.replay: Replay = capture(self._learn)

    def _learn(self) -> None:
        loss, right = self._step.learn(self.images, self.targets)
        self.loss.copy_(loss)
        self.right.copy_(right)

    def serve(self, step: Step) -> None:
        """From here on `step` has its weights, with their present values, where the graph has."""
        if step is not self._step:
            step.move_into(self._step)


@dataclass
class Graphs:
    """The graphs of one network and its data; augmenting: by the name of the augmentation."""

    feed: Feed
    learning: LearningGraph
    rows: Tensor
    augmenting: dict[str, Replay] = field(default_factory=dict)


_kept: OrderedDict[str, Graphs] = OrderedDict()


class CapturedStep:
    """A step of a run by replaying graphs; see `captured_step`."""

    def __init__(self, graphs: Graphs, augment: Replay) -> None:
        self.feed = graphs.feed
        self._graphs, self._augment = graphs, augment

    def __call__(self, rows: Tensor, augmenting: Stopwatch) -> tuple[Tensor, Tensor]:
        """Augment and learn; returns loss and hits, which the next call overwrites."""
        self._graphs.rows.copy_(rows)
        with augmenting.running():
            self._augment()
        self._graphs.learning.replay()
        return self._graphs.learning.loss, self._graphs.learning.right


@dataclass(frozen=True)
class Run:
    """A run whose step may be captured: of `step`, on `split`, from step number `first` on."""

    step: Step
    split: Split
    num_classes: int
    seed: int
    batch_size: int
    sources: TeacherSources | None = None
    first: int = 0

    @property
    def device(self) -> torch.device:
        """Where it trains."""
        return self.step.network.device

    def feed(self, resident: bool) -> Feed:
        """Its batches and draws."""
        device = augmenting_device(self.device)
        return Feed(self.split, self.num_classes, self.seed, device, resident)


def captured_or_eager(
    run: Run, capture: Capture | None, alike: Alike | None = None
) -> tuple[CapturedStep | None, Way]:
    """The captured step of a run, or None, and why.

    The weights of the run keep their values, and may be moved. alike: which earlier runs of this
    process may lend their graphs.
    """
    if capture is None:
        return None, Way("eager", "steps are captured on a GPU only")
    why = _why_eager(run)
    if why:
        return None, Way("eager", why)
    try:
        return captured_step(run, capture, alike), Way("captured")
    except NotCapturableError as error:
        return None, Way("eager", str(error))
    except torch.OutOfMemoryError:
        forget_graphs()
        return None, Way("eager", "there is too little memory for the graphs")


def _why_eager(run: Run) -> str:
    """Why the step of a run cannot be captured; empty where it can be tried."""
    if run.step.processes.count > 1:
        return "several processes train together"
    if run.sources and run.sources.live:
        return "saliency is computed from each batch"
    if len(run.split) < run.batch_size:
        return "there is no whole batch"
    if run.device.type == "cuda" and not fits(run.split, run.device):
        return "the images do not fit into the share of the GPU's memory that is for them"
    return ""


def captured_step(run: Run, capture: Capture, alike: Alike | None) -> CapturedStep:
    """Capture the graphs of a run, or take those of an earlier run that was alike.

    Raises NotCapturableError and torch.OutOfMemoryError where the graphs cannot be made.
    """
    if run.sources:
        run.sources.refresh(run.first)
    run.step.network.train()
    # The calls before a capture draw masks of dropout, which must not count.
    with torch.random.fork_rng(devices=[run.device] if run.device.type == "cuda" else []):
        graphs = _kept.get(alike.learning) if alike else None
        if graphs is None:
            graphs = _captured_graphs(run, capture)
            if alike:
                _keep(alike.learning, graphs, run.device)
        else:
            graphs.learning.serve(run.step)
            graphs.feed.load(run.split, run.seed)
        name = alike.augmenting if alike else None
        augment = graphs.augmenting.get(name) if name else None
        if augment is None:
            augment = _captured_augment(run.step, graphs, capture)
            if name and len(graphs.augmenting) < _AUGMENTATIONS:
                graphs.augmenting[name] = augment
    return CapturedStep(graphs, augment)


def _captured_graphs(run: Run, capture: Capture) -> Graphs:
    feed, rows = run.feed(resident=True), torch.arange(run.batch_size, device=run.device)
    batch = feed.batch(rows)
    images, targets = run.step.augment(batch, feed.draws(batch, rows))
    return Graphs(feed, LearningGraph(run.step, images, targets, capture), rows)


def _captured_augment(step: Step, graphs: Graphs, capture: Capture) -> Replay:
    feed, learning = graphs.feed, graphs.learning

    def augment() -> None:
        batch = feed.batch(graphs.rows)
        images, targets = step.augment(batch, feed.draws(batch, graphs.rows))
        learning.images.copy_(images)
        learning.targets.copy_(targets)

    return capture(augment)


def _keep(name: str, graphs: Graphs, device: torch.device) -> None:
    if device.type == "cuda":
        free, whole = torch.cuda.mem_get_info(device)
        if free < _LEAST_FREE * whole:
            forget_graphs()
            return
    _kept[name] = graphs
    if len(_kept) > _NETWORKS:
        _kept.popitem(last=False)


def forget_graphs() -> None:
    """Free the memory of all graphs that no run uses."""
    _kept.clear()
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
