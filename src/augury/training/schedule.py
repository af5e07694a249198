"""The learning rate, as a function of how far the training is."""

import math


def learning_rate(schedule: str, peak: float, progress: float) -> float:
    """The learning rate at `progress` in [0, 1), for the schedules that depend on nothing else."""
    if schedule == "onecycle":
        warmup = 0.25
        return peak * (progress / warmup if progress < warmup else (1 - progress) / (1 - warmup))
    if schedule == "cosine":
        return peak * (1 + math.cos(math.pi * progress)) / 2
    return peak


class Plateau:
    """Reduce on plateau: times `factor` after `patience` epochs without a better loss.

    The defaults, and that better means at least 1e-4 less, are those of Keras's
    `ReduceLROnPlateau`, which the original study used (there without a validation loss to watch).
    """

    def __init__(self, lr: float, factor: float = 0.1, patience: int = 10) -> None:
        self.lr, self.factor, self.patience = lr, factor, patience
        self.best = math.inf
        self.waited = 0

    def update(self, loss: float) -> None:
        """Take note of one more epoch's validation loss."""
        if loss < self.best - 1e-4:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.patience:
            self.lr, self.waited = self.lr * self.factor, 0
