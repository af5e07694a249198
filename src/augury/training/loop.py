"""The training loop."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from augury.augment import Augmentation
from augury.batch import Batch
from augury.data import Split, batches, epoch_order
from augury.data.loader import count_batches
from augury.errors import InputError, TrainingError
from augury.records.epochs import Epoch
from augury.records.recipe import Recipe
from augury.rng import Draws, torch_seed
from augury.training.checkpoint import (
    Checkpoint,
    CheckpointFolder,
    optimizer_tensors,
    prefixed,
    restore_optimizer,
    without_prefix,
)
from augury.training.device import augmenting_device
from augury.training.evaluate import evaluate
from augury.training.network import Network
from augury.training.optimizers import build_optimizer
from augury.training.processes import ALONE, Processes
from augury.training.schedules import build_schedule
from augury.training.sources import TeacherSources
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

    The attribute `on_batch`, None by default, is called before each step with (epoch, original
    batch, augmented batch).
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
    ) -> None:
        self.predict = processes.parallel(network)
        self.network, self.augmentation = network, augmentation
        self.train, self.validation, self.num_classes = train, validation, num_classes
        self.recipe, self.seed = recipe, seed
        self.sources, self.on_step, self.processes = sources, on_step, processes
        self.on_batch: Callable[[int, Batch, Batch], None] | None = None
        self.optimizer = build_optimizer(network, recipe)
        self.schedule = build_schedule(recipe)
        self.history: list[Epoch] = []
        self.best: dict[str, Tensor] = {}

    def epochs(self, until: int | None = None) -> Iterator[Epoch]:
        """Train, yielding each epoch when it ends, until `until` epochs are done (default: all)."""
        end = self.recipe.epochs if until is None else min(until, self.recipe.epochs)
        while len(self.history) < end:
            started = time.perf_counter()
            epoch = len(self.history)
            loss, accuracy, step_seconds, augment_seconds = self._train_epoch(epoch)
            rate = self.optimizer.param_groups[0]["lr"]
            validation_loss, validation_accuracy = self._validate()
            self.history.append(
                Epoch(
                    epoch=epoch,
                    loss=loss,
                    accuracy=accuracy,
                    validation_loss=validation_loss,
                    validation_accuracy=validation_accuracy,
                    learning_rate=rate,
                    seconds=time.perf_counter() - started,
                    step_seconds=step_seconds,
                    augment_seconds=augment_seconds,
                )
            )
            yield self.history[-1]

    def _train_epoch(self, epoch: int) -> tuple[float, float, float, float]:
        """Returns mean loss, accuracy, seconds per step, and the augmentation's part of these."""
        order = epoch_order(len(self.train), self.seed, epoch)
        steps = count_batches(len(order), self.recipe.batch_size)
        losses: list[Tensor] = []
        hits = torch.zeros((), device=self.network.device)
        whole, augmenting = Stopwatch(self.network.device), Stopwatch(self.network.device)
        with whole.running(), seeded(self._dropout_seed(epoch), self.network.device):
            self.network.train()
            feed = batches(self.train, self.num_classes, self.recipe.batch_size, order)
            for step, batch in enumerate(feed):
                self._set_learning_rate((epoch + step / steps) / self.recipe.epochs)
                with augmenting.running():
                    if self.sources:
                        self.sources.refresh(epoch * steps + step)
                    batch = batch.to(augmenting_device(self.network.device))
                    augmented = self.augmentation(batch, Draws(self.seed, epoch, batch.ids))
                if self.on_batch:
                    self.on_batch(epoch, batch, augmented)
                loss, right = self._step(augmented.to(self.network.device))
                losses.append(loss)
                hits += right
                if (step + 1) % _CHECK_EVERY == 0:
                    self._check_finite(losses, epoch)
                if self.on_step:
                    self.on_step(epoch, step, steps)
            self._check_finite(losses, epoch)
        taken = len(losses)
        return (
            float(self._whole(losses).cpu().double().mean()),
            float(self.processes.total(hits)) / len(order),
            whole.seconds() / taken,
            augmenting.seconds() / taken,
        )

    def _step(self, whole: Batch) -> tuple[Tensor, Tensor]:
        batch = self.processes.part(whole)
        logits = self.predict(batch.images)
        smoothing = self.recipe.label_smoothing
        loss = F.cross_entropy(logits, batch.targets, label_smoothing=smoothing)
        if self.processes.count > 1:
            # So that the mean over processes is the mean over images; some may have none.
            share = len(batch) * self.processes.count / len(whole)
            loss = loss * share if len(batch) else logits.sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        # As in mixup's code: a class counts by its share of the target.
        return loss.detach(), batch.targets.gather(1, logits.argmax(1, keepdim=True)).sum()

    def _whole(self, losses: list[Tensor]) -> Tensor:
        """The losses of whole batches, from those of this process's parts."""
        return self.processes.total(torch.stack(losses)) / self.processes.count

    def _check_finite(self, losses: list[Tensor], epoch: int) -> None:
        """Check the losses since the last check; see `check_finite`."""
        recent = losses[-_CHECK_EVERY:]
        check_finite(self._whole(recent), epoch, first_step=len(losses) - len(recent))

    def _dropout_seed(self, epoch: int) -> int:
        """Different in each process, as they train on different images."""
        rank = self.processes.rank
        return torch_seed("dropout", self.seed, epoch, *([rank] if rank else []))

    def _set_learning_rate(self, progress: float) -> None:
        rate = self.schedule.rate(min(progress, 1.0))
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _validate(self) -> tuple[float | None, float | None]:
        if not len(self.validation):
            return None, None
        size = 2 * self.recipe.batch_size
        outcome = evaluate(self.network, self.validation, self.num_classes, size, self.processes)
        self.schedule.update(outcome.loss)
        earlier = [e.validation_accuracy or 0 for e in self.history]
        if self.recipe.select == "validation" and outcome.accuracy > max(earlier, default=-1):
            self.best = {n: t.clone() for n, t in self.network.model.state_dict().items()}
        return outcome.loss, outcome.accuracy

    def choose(self) -> int:
        """Load the weights that the recipe selects for the test; returns their epoch."""
        if self.recipe.select == "last":
            return len(self.history) - 1
        self.network.model.load_state_dict(self.best)
        accuracies = [e.validation_accuracy or 0 for e in self.history]
        return accuracies.index(max(accuracies))

    def save(self, folder: CheckpointFolder, about: Mapping[str, Any] | None = None) -> None:
        """Store everything that `restore` needs to resume with the same bits.

        about: more JSON values to store.
        """
        tensors = prefixed("model", self.network.model.state_dict())
        tensors |= prefixed("optimizer", optimizer_tensors(self.optimizer))
        tensors |= prefixed("best", self.best)
        tensors |= prefixed("sources", self.sources.state() if self.sources else {})
        state = {
            "history": [asdict(epoch) for epoch in self.history],
            "plateau": self.schedule.state(),  # called after the first schedule that had a state
            "about": dict(about or {}),
        }
        folder.save(len(self.history), Checkpoint(tensors, state))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to the state that `save` stored.

        Raises InputError, and changes nothing, if the network's shapes are different.
        """
        model = without_prefix("model", checkpoint.tensors)
        own = self.network.model.state_dict()
        if {n: t.shape for n, t in model.items()} != {n: t.shape for n, t in own.items()}:
            raise InputError("the checkpoint is of a network of other shapes")
        try:
            history = [Epoch(**epoch) for epoch in checkpoint.state["history"]]
            schedule = checkpoint.state["plateau"]
        except (KeyError, TypeError) as error:
            raise InputError("the checkpoint lacks what training goes on from") from error
        self.network.model.load_state_dict(model)
        tensors = without_prefix("optimizer", checkpoint.tensors)
        restore_optimizer(self.optimizer, self.network.model, tensors)
        self.best = without_prefix("best", checkpoint.tensors)
        if self.sources:
            self.sources.restore(without_prefix("sources", checkpoint.tensors))
        self.history = history
        self.schedule.restore(schedule)


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
