"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from augury.augment import Augmentation
from augury.batch import Batch
from augury.data import Split
from augury.data.loader import count_batches
from augury.data.sampling import epoch_picks, rows_of
from augury.errors import TrainingError
from augury.kernels.capture import Capture, capture_on
from augury.records.epochs import Epoch
from augury.records.recipe import Recipe
from augury.rng import torch_seed
from augury.training.average import Average
from augury.training.captured import Alike, CapturedStep, Run, Way, captured_or_eager
from augury.training.checkpoint import Checkpoint, CheckpointFolder
from augury.training.evaluate import evaluate
from augury.training.features import FrozenBody, frozen_body
from augury.training.feed import Feed, Rows, fits, images_on
from augury.training.network import Network
from augury.training.optimizers import build_optimizer, set_rate
from augury.training.processes import ALONE, Processes
from augury.training.resume import checkpoint_of, go_back
from augury.training.schedules import build_schedule
from augury.training.sources import TeacherSources
from augury.training.step import Step
from augury.training.stopwatch import Stopwatch

# Losses are checked every so many steps, since reading one makes a GPU wait.
_CHECK_EVERY = 50


class Training:
    """One training run, epoch by epoch; it can be stopped and resumed after any epoch.

    num_classes: K
    seed: of order, draws and dropout
    sources: the saliency maps that the augmentation uses. They are refreshed before each step,
        which counts as time of the augmentation, and are part of the run's state.
    on_step: called after each step with (epoch, step, steps per epoch)
    processes: the processes that share the run
    capture: how steps are captured, to be replayed; None: none is. By default CUDA graphs on a GPU.
    alike: runs of this process that may use the same captured graphs

    The attribute `on_batch`, None by default, is called with (epoch, original batch, augmented
    batch) before each step; or, where the attribute `watched` is (epoch, ids), before those steps
    of that epoch that train on one of the ids. The attribute `way` says how steps are computed.
    """

    def __init__(
        self,
        network: Network,
        augmentation: Augmentation[Any],
        train: Split,
        validation: Split,
        num_classes: int,
        recipe: Recipe,
        seed: int,
        sources: TeacherSources | None = None,
        on_step: Callable[[int, int, int], None] | None = None,
        processes: Processes = ALONE,
        capture: Capture | Literal["by device"] | None = "by device",
        alike: Alike | None = None,
    ) -> None:
        if recipe.freeze == "body":
            network.freeze_body()
        self.network, self.augmentation = network, augmentation
        self.train, self.validation, self.num_classes = train, validation, num_classes
        self.recipe, self.seed = recipe, seed
        self.sources, self.on_step, self.processes = sources, on_step, processes
        self.on_batch: Callable[[int, Batch, Batch], None] | None = None
        self.watched: tuple[int, npt.NDArray[np.int64]] | None = None
        self.capture = capture_on(network.device) if capture == "by device" else capture
        self.alike = alike
        self.predict = processes.parallel(network)
        self.optimizer = build_optimizer(network, recipe, capturable=self.capture is not None)
        self.way = Way()
        self.rate = recipe.lr
        self.schedule = build_schedule(recipe)
        self.history: list[Epoch] = []
        self.average = Average(network.model, recipe.ema) if recipe.ema else None
        self.best: dict[str, Tensor] = {}
        self._captured: CapturedStep | None = None
        self._feed: Feed | None = None
        self._held_out: tuple[Tensor | None, Callable[[Tensor], Tensor] | None] | None = None
        self._body = FrozenBody(None, None)

    def epochs(self, until: int | None = None) -> Iterator[Epoch]:
        """Train, yielding each epoch when it ends, until `until` epochs are done (default: all)."""
        end = self.recipe.epochs if until is None else min(until, self.recipe.epochs)
        while len(self.history) < end:
            started = time.perf_counter()
            epoch = len(self.history)
            loss, accuracy, step_seconds, augment_seconds = self._train_epoch(epoch)
            with self.average.in_place() if self.average else nullcontext():
                validation_loss, validation_accuracy = self._validate()
            self.history.append(
                Epoch(
                    epoch=epoch,
                    loss=loss,
                    accuracy=accuracy,
                    validation_loss=validation_loss,
                    validation_accuracy=validation_accuracy,
                    learning_rate=self.rate,
                    seconds=time.perf_counter() - started,
                    step_seconds=step_seconds,
                    augment_seconds=augment_seconds,
                )
            )
            yield self.history[-1]

    def _train_epoch(self, epoch: int) -> tuple[float, float, float, float]:
        """Returns mean loss, accuracy, seconds per step, and the augmentation's part of these."""
        device, size = self.network.device, self.recipe.batch_size
        order = epoch_picks(self.train.labels, self.seed, epoch, self.recipe.sampling)
        steps = count_batches(len(order), size)
        losses, hits = (torch.zeros(n, device=device) for n in (steps, ()))
        whole, augmenting = Stopwatch(device), Stopwatch(device)
        self._feed = feed = self._feed or self._begin(epoch * steps)
        feed.begin(epoch)
        with whole.running(), seeded(self._dropout_seed(epoch), device):
            self.network.train()
            for step, rows in enumerate(feed.rows(order, size)):
                self._set_learning_rate((epoch + step / steps) / self.recipe.epochs)
                if self.sources:
                    with augmenting.running():
                        self.sources.refresh(epoch * steps + step)
                self._show(feed, epoch, rows, order[step * size : step * size + len(rows)])
                loss, right = self._take(feed, rows, augmenting)
                losses[step] = loss
                hits += right
                if (step + 1) % _CHECK_EVERY == 0:
                    self._check_finite(losses[: step + 1], epoch)
                if self.on_step:
                    self.on_step(epoch, step, steps)
            self._check_finite(losses, epoch)
        return (
            float(self._whole(losses).cpu().double().mean()),
            float(self.processes.total(hits)) / len(order),
            whole.seconds() / steps,
            augmenting.seconds() / steps,
        )

    @cached_property
    def step(self) -> Step:
        """What each step does, from the first one on."""
        return Step(
            self.network,
            self.predict,
            self.augmentation,
            self.optimizer,
            self.recipe.label_smoothing,
            self.processes,
            self.recipe.clip,
            self.average,
        )

    def _take(self, feed: Feed, rows: Rows, augmenting: Stopwatch) -> tuple[Tensor, Tensor]:
        """One step on the images at `rows`; returns loss and hits."""
        if self._body.train:
            return self._body.train.learn(rows)
        if self._captured and isinstance(rows, Tensor) and len(rows) == self.recipe.batch_size:
            return self._captured(rows, augmenting)
        with augmenting.running():
            batch = feed.batch(rows)
            images, targets = self.step.augment(batch, feed.draws(batch, rows))
        return self.step.learn(images, targets)

    def _begin(self, step: int) -> Feed:
        """Find the quickest way of a step, and say so in `way`; returns where batches come from."""
        size = self.recipe.batch_size
        run = Run(self.step, self.train, self.num_classes, self.seed, size, self.sources, step)
        if self.recipe.freeze == "body":
            feed = run.feed(resident=False)
            if self.recipe.features == "once":
                self._body = frozen_body(run, feed)
            if self._body.train:
                self.way = Way("eager", "only the head computes in them", "once")
                return feed
        self._captured, self.way = captured_or_eager(run, self.capture, self.alike)
        if self.recipe.freeze == "body":
            why = self._body.why or "the recipe says so"
            self.way = replace(self.way, features="each step", why_each=why)
        return self._captured.feed if self._captured else run.feed(fits(self.train, run.device))

    def _show(self, feed: Feed, epoch: int, rows: Rows, picks: npt.NDArray[np.int64]) -> None:
        """Call `on_batch` where it is to see the batch at `rows`; picks: the same on the host."""
        if not self.on_batch:
            return
        if self.watched:
            when, ids = self.watched
            if epoch != when or not np.isin(self.train.ids[rows_of(picks)], ids).any():
                return
        batch = feed.batch(rows)
        self.on_batch(epoch, batch, self.augmentation(batch, feed.draws(batch, rows)))

    def _whole(self, losses: Tensor) -> Tensor:
        """The losses of whole batches, from those of this process's parts."""
        return self.processes.total(losses) / self.processes.count

    def _check_finite(self, losses: Tensor, epoch: int) -> None:
        """Check the losses since the last check; see `check_finite`."""
        recent = losses[-_CHECK_EVERY:]
        check_finite(self._whole(recent), epoch, first_step=len(losses) - len(recent))

    def _dropout_seed(self, epoch: int) -> int:
        """Different in each process, as they train on different images."""
        rank = self.processes.rank
        return torch_seed("dropout", self.seed, epoch, *([rank] if rank else []))

    def _set_learning_rate(self, progress: float) -> None:
        self.rate = self.schedule.rate(min(progress, 1.0))
        set_rate(self.optimizer, self.rate)

    def _validate(self) -> tuple[float | None, float | None]:
        done = len(self.history) + 1
        due = done % self.recipe.validate_every == 0 or done == self.recipe.epochs
        if not len(self.validation) or not due:
            return None, None
        size = 2 * self.recipe.batch_size
        if self._held_out is None:
            images = images_on(self.validation, self.network.device)
            self._held_out = self._body.held_out(self.validation, size) or (images, None)
        outcome = evaluate(
            self.network, self.validation, self.num_classes, size, self.processes, *self._held_out
        )
        self.schedule.update(outcome.loss)
        earlier = [e.validation_accuracy or 0 for e in self.history]
        if self.recipe.select == "validation" and outcome.accuracy > max(earlier, default=-1):
            self.best = {n: t.clone() for n, t in self.network.model.state_dict().items()}
        return outcome.loss, outcome.accuracy

    def choose(self) -> int:
        """Load the weights that the recipe selects for the test; returns their epoch."""
        if self.recipe.select == "last":
            if self.average:
                self.average.load()
            return len(self.history) - 1
        self.network.model.load_state_dict(self.best)
        accuracies = [e.validation_accuracy or 0 for e in self.history]
        return accuracies.index(max(accuracies))

    def save(self, folder: CheckpointFolder, about: Mapping[str, Any] | None = None) -> None:
        """Store everything that `restore` needs to resume with the same bits.

        about: more JSON values to store.
        """
        folder.save(len(self.history), checkpoint_of(self, about or {}))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the state that `save` stored.

        Raises InputError, and changes nothing, if the network's shapes are different.
        """
        go_back(self, checkpoint)


def check_finite(losses: Tensor, epoch: int, first_step: int = 0) -> None:
    """Raise TrainingError naming the first step whose loss is not finite."""
    for step, value in enumerate(losses.tolist(), start=first_step):
        if not math.isfinite(value):
            raise TrainingError(f"the loss is {value} at epoch {epoch}, step {step}", epoch, step)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed the global generators, from which dropout draws, within the block.

    They are restored afterwards. Resuming at an epoch's start thus needs no generator's state.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield
