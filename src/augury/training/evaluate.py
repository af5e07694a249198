"""What a network makes of images that it is not trained on."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from augury.data import Split, batches
from augury.errors import TrainingError
from augury.saliency.gradient import evaluating
from augury.training.network import Network


@dataclass(frozen=True)
class Evaluation:
    """ids, labels: (N,); logits: (N, K) float32; loss: mean cross-entropy; accuracy in [0, 1]."""

    ids: NDArray[np.int64]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]
    loss: float
    accuracy: float

    def confusion(self) -> NDArray[np.int64]:
        """(K, K): how many images of class `row` were called `column`."""
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
def evaluate(network: Network, split: Split, num_classes: int, batch_size: int) -> Evaluation:
    """Run `network` in evaluation mode over `split`, unaugmented.

    Raises TrainingError where the loss is not finite.
    """
    with evaluating(network):
        logits = torch.cat(
            [
                network.predict(batch.images.to(network.device)).cpu()
                for batch in batches(split, num_classes, batch_size, np.arange(len(split)))
            ]
        )
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
