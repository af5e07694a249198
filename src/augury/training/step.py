"""A training step: augment a batch, then learn from it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from augury.augment import Augmentation
from augury.batch import Batch
from augury.kernels.steps import Scale
from augury.rng import Draws
from augury.training.average import Average
from augury.training.network import Network
from augury.training.optimizers import move_state, state_tensors
from augury.training.processes import Processes


@dataclass(frozen=True)
class Step:
    """What each step of a run does.

    predict: normalized images to logits, with gradients averaged over `processes`;
    label_smoothing: the share of each target that is spread over all classes
    clip: the largest norm of the gradient, None for any
    average: of the weights, None for none
    """

    network: Network
    predict: Callable[[Tensor], Tensor]
    augmentation: Augmentation[Any]
    optimizer: torch.optim.Optimizer
    label_smoothing: float
    processes: Processes
    clip: float | None = None
    average: Average | None = None

    def augment(self, batch: Batch, draws: Draws) -> tuple[Tensor, Tensor]:
        """The augmented images, normalized, (B, C, H, W) float32, and their targets (B, K)."""
        normalize, device = self.network.normalize, batch.images.device
        scale = Scale(normalize.mean.flatten().to(device), normalize.std.flatten().to(device))
        # Not checked, as `augment_normalized` would: the batches of a split are sound.
        with torch.autocast(device.type, enabled=False):
            found = self.augmentation.run(batch, draws, scale)
        return found.images, found.targets

    def learn(self, images: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """One step of the optimizer; returns the loss, and how many predictions are right."""
        whole, device = len(images), self.network.device
        images, targets = images.to(device), targets.to(device)
        images, targets = self.processes.part(images), self.processes.part(targets)
        logits = self.predict(images)
        loss = F.cross_entropy(logits, targets, label_smoothing=self.label_smoothing)
        if self.processes.count > 1:
            # So that the mean over processes is the mean over images; some may have none.
            share = len(images) * self.processes.count / whole
            loss = loss * share if len(images) else logits.sum()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
        self.optimizer.step()
        if self.average:
            self.average.update()
        # As in mixup's code: a class counts by its share of the target.
        return loss.detach(), targets.gather(1, logits.argmax(1, keepdim=True)).sum()

    def move_into(self, other: "Step") -> None:
        """Keep weights and the optimizer's state, with their present values, in the memory of
        `other`, a step of the same network and optimizer that is not used any more.
        """
        with torch.no_grad():
            for theirs, ours in zip(other.weights(), self.weights(), strict=True):
                theirs.copy_(ours)
                ours.data = theirs.data
            move_state(self.optimizer, other.optimizer)

    def weights(self) -> list[Tensor]:
        """All tensors of the network, and the average of its weights."""
        averaged = self.average.values if self.average else []
        return [*self.network.parameters(), *self.network.buffers(), *averaged]

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """After the block, the network and the optimizer are in place what they were before.

        What the optimizer keeps only from its first step on becomes zero, with which it would begin
        (see `augury.training.optimizers`).
        """
        before = [(tensor, tensor.detach().clone()) for tensor in self.weights()]
        kept = {id(tensor): tensor.clone() for tensor in state_tensors(self.optimizer)}
        try:
            yield
        finally:
            with torch.no_grad():
                for tensor, value in before:
                    tensor.copy_(value)
                for tensor in state_tensors(self.optimizer):
                    old = kept.get(id(tensor))
                    tensor.zero_() if old is None else tensor.copy_(old)
            self.optimizer.zero_grad(set_to_none=True)
