"""Features of images that never change: a frozen body computes them once, for all epochs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from augury.augment.still import is_still
from augury.batch import to_float
from augury.data import Split
from augury.data.loader import batch_rows
from augury.data.sampling import rows_of
from augury.training.captured import Run
from augury.training.cut import Cut, find_cut
from augury.training.feed import Feed, Rows

Predict = Callable[[Tensor], Tensor]


class TrainFeatures:
    """The features (N, ...) of all training images of `run`, to train the head with.

    They are computed at the first `learn`, in whole batches.
    """

    def __init__(self, cut: Cut, run: Run, feed: Feed) -> None:
        self._cut, self._run, self._feed = cut, run, feed
        self._step = replace(run.step, predict=cut.logits)
        self._found: tuple[Tensor, Tensor] | None = None

    def learn(self, rows: Rows) -> tuple[Tensor, Tensor]:
        """One step of the optimizer on the images at `rows`; returns loss and hits."""
        self._found = features, targets = self._found or self._computed()
        places = torch.as_tensor(rows_of(rows), device=features.device)
        return self._step.learn(features.index_select(0, places), targets.index_select(0, places))

    def _computed(self) -> tuple[Tensor, Tensor]:
        n = len(self._run.split)
        features, targets = zip(*self._batches(), strict=True)
        return torch.cat(features)[:n], torch.cat(targets)[:n]

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        n, size = len(self._run.split), self._run.batch_size
        for start in range(0, n, size):
            # The last batch is filled up with the first images: batches of other sizes may be
            # computed in other ways, with other last digits.
            images, targets = _augmented(self._run, self._feed, start, min(size, n))
            yield self._cut.features(images), targets


@dataclass(frozen=True)
class FrozenBody:
    """What a run with a frozen body does not compute in every epoch anew.

    cut: None where the network has none; train: None where the features of training images are
    computed in each step, and `why`
    """

    cut: Cut | None
    train: TrainFeatures | None
    why: str = ""

    def held_out(self, split: Split, batch_size: int) -> tuple[Tensor, Predict] | None:
        """Features of held-out images for `evaluate`, and what gives logits of them.

        They are computed in its batches, and so have the bits that it would compute each time. None
        where the network has no cut, and where they take too much memory.
        """
        if self.cut is None or not self.cut.fits(len(split)):
            return None
        network, found = self.cut.network, []
        for rows in batch_rows(np.arange(len(split)), batch_size):
            images = to_float(torch.from_numpy(split.images[rows]).to(network.device))
            found.append(self.cut.features(network.normalize(images)))
        return torch.cat(found), self.cut.logits


def frozen_body(run: Run, feed: Feed) -> FrozenBody:
    """What `run`, whose network's body is frozen, may compute once.

    feed: its batches, of the host. The network is tried with the first of them.
    """
    if run.step.processes.count > 1:
        return FrozenBody(None, None, "several processes train together")
    images, _ = _augmented(run, feed, 0, min(run.batch_size, len(run.split)))
    cut, why = find_cut(run.step.network, images)
    if cut is None:
        return FrozenBody(None, None, why)
    if not is_still(run.step.augmentation):
        return FrozenBody(cut, None, "the augmentation changes images")
    if not cut.fits(len(run.split)):
        return FrozenBody(cut, None, "there is too little memory for the features of all images")
    return FrozenBody(cut, TrainFeatures(cut, run, feed))


def _augmented(run: Run, feed: Feed, first: int, count: int) -> tuple[Tensor, Tensor]:
    """Normalized images and targets from row `first` on, on the network's device."""
    places = np.arange(first, first + count) % len(run.split)
    batch = feed.batch(places)
    images, targets = run.step.augment(batch, feed.draws(batch, places))
    return images.to(run.device), targets.to(run.device)
