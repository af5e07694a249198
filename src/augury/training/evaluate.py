"""Evaluation of a network on held-out images."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from augury.data import Split
from augury.data.loader import batch_rows
from augury.errors import TrainingError
from augury.saliency.gradient import evaluating
from augury.training.feed import images_on
from augury.training.network import Network
from augury.training.processes import ALONE, Processes


@dataclass(frozen=True)
class Evaluation:
    """ids, labels: (N,); logits: (N, K) float32; loss: mean cross-entropy; accuracy in [0, 1]."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    loss: float
    accuracy: float

    def confusion(self) -> NDArray[np.int64]:
        """(K, K): how many images of class `row` were predicted as class `column`."""
        k = self.logits.shape[1]
        called = self.logits.argmax(axis=1)
        return np.bincount(self.labels * k + called, minlength=k * k).reshape(k, k)

    def per_class(self) -> list[float | None]:
        """Accuracy on the images of each class; None for a class without images."""
        confusion = self.confusion()
        totals = confusion.sum(axis=1)
        return [
            float(right / total) if total else None
            for right, total in zip(np.diag(confusion), totals, strict=True)
        ]


@torch.no_grad()
def evaluate(
    network: Network,
    split: Split,
    num_classes: int,
    batch_size: int,
    processes: Processes = ALONE,
    images: Tensor | None = None,
    predict: Callable[[Tensor], Tensor] | None = None,
) -> Evaluation:
    """Run `network` in evaluation mode over `split`, unaugmented; each process takes its part.

    images: those of `split` where they lie on the network's device already, see `images_on`.
    predict: what gives logits of `images` where these are features (`FrozenBody.held_out`).
    Raises TrainingError if the loss is not finite.
    """
    logits = torch.zeros(len(split), num_classes, device=network.device)
    ours = np.arange(len(split))[processes.rows(len(split))]
    images = images_on(split, network.device) if images is None else images
    with evaluating(network):
        for rows in batch_rows(ours, batch_size):
            part = slice(rows[0], rows[-1] + 1)
            shown = torch.from_numpy(split.images[rows]) if images is None else images[part]
            logits[part] = (predict or network.predict)(shown.to(network.device))
    logits = processes.total(logits).cpu()
    labels = torch.from_numpy(np.ascontiguousarray(split.labels))
    loss = float(F.cross_entropy(logits.double(), labels))
    if not math.isfinite(loss):
        raise TrainingError(f"the loss on {len(split)} held-out images is {loss}")
    return Evaluation(
        ids=np.asarray(split.ids),
        labels=np.asarray(split.labels),
        logits=logits.numpy(),
        loss=loss,
        accuracy=float((logits.argmax(1) == labels).double().mean()),
    )
