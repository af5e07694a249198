"""augury's own augmentations, on the fast path and on the plain one."""

from itertools import count

import torch
from benchmarks.peers.work import MEAN, STD, Pass, Work

from augury.augment import Captured, build_augmentation
from augury.augment.normalized import augment_normalized
from augury.kernels.steps import Scale
from augury.kernels.switch import plain_path
from augury.rng import Draws


def ours(arm: str, work: Work) -> Pass:
    """One call augments `work` as training does; every call is a new epoch with its own draws.

    On a GPU it is one captured graph.
    """
    augmentation = build_augmentation(arm)
    batch, device = work.batch(), work.images.device
    scale = Scale(torch.tensor(MEAN, device=device), torch.tensor(STD, device=device))
    epochs = count()
    if device.type == "cuda":
        captured = Captured(augmentation, scale)
        return lambda: captured(batch, Draws(0, next(epochs), batch.ids))

    def run() -> object:
        return augment_normalized(augmentation, batch, Draws(0, next(epochs), batch.ids), scale)

    return run


def ours_plain(arm: str, work: Work) -> Pass:
    """The same by PyTorch's own operations."""
    run = ours(arm, work)

    def plain() -> object:
        with plain_path():
            return run()

    return plain
