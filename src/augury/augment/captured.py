"""Augmentation and normalization as one CUDA graph, for training loops of one's own."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from augury.augment.base import Augmentation
from augury.augment.normalized import augment_normalized
from augury.batch import Batch, check_batch
from augury.kernels.capture import Capture, NotCapturableError, capture_on
from augury.kernels.steps import Scale
from augury.kernels.switch import enabled
from augury.rng import Draws, KeyTable

# Whole batches, a last short one, and those of a second data set.
_MOST_GRAPHS = 4

# Augmentations from here compute with tensors alone, and draw from `Draws` alone. Saliency asks a
# network or a store, and foreign code may read values on the host or have generators of its own.
_OURS = "augury.augment."
_OTHERS = ("augury.augment.saliency.", "augury.augment.foreign.", "augury.augment.own")


class Captured:
    """An augmentation with its normalization, replayed as one CUDA graph.

        captured = Captured(RandAugment(), Scale(mean, std))
        for epoch in range(epochs):
            for batch in batches:
                images, targets = captured(batch, Draws(seed, epoch, batch.ids))

    It returns what `augment_normalized` returns: normalized images (B, C, H, W) float32 and targets
    (B, K). On a small batch a GPU waits for Python most of the time; a graph that was captured once
    is launched at once, for any seed, epoch and ids. There is a graph for each shape and dtype of a
    batch, for the last four of them; the first batch of a shape is computed as usual, and takes a
    little longer. A graph keeps the memory that one batch needs.

    scale: mean and standard deviation, (C,) float32 each, on the device of the images; they and the
    augmentation's arguments must not be changed afterwards. On other devices, for augmentations
    with saliency or of the user's own, and where no graph can be captured, everything is computed
    as usual; `why` then says the reason.
    """

    def __init__(
        self,
        augmentation: Augmentation[Any],
        scale: Scale,
        capture: Callable[[torch.device], Capture | None] = capture_on,
    ) -> None:
        self.augmentation, self.scale, self.why = augmentation, scale, ""
        self._capture, self._known = capture, _known(augmentation)
        self._graphs: OrderedDict[tuple[Any, ...], _Graph] = OrderedDict()

    def __call__(self, batch: Batch, draws: Draws) -> tuple[Tensor, Tensor]:
        """The augmented images, normalized, and their targets; InputError for a bad batch."""
        batch = check_batch(batch)
        capture = self._capture(batch.images.device) if self._can_try(batch, draws) else None
        if capture is None:
            return augment_normalized(self.augmentation, batch, draws, self.scale)
        images, targets = batch.images, batch.targets
        key = images.shape, images.dtype, images.device, targets.shape, targets.dtype, draws.scope
        graph = self._graphs.get(key)
        if graph is not None:
            self._graphs.move_to_end(key)
            return graph.replay(batch, draws)
        result = augment_normalized(self.augmentation, batch, draws, self.scale)
        try:
            self._graphs[key] = _Graph(self.augmentation, self.scale, batch, draws, capture)
        except (NotCapturableError, torch.OutOfMemoryError) as error:
            self._tell(str(error).splitlines()[0])
        if len(self._graphs) > _MOST_GRAPHS:
            self._graphs.popitem(last=False)
        return result

    def _can_try(self, batch: Batch, draws: Draws) -> bool:
        # A batch with moves asks for the maps of saliency to follow; a graph within a graph is
        # the outer graph's.
        return (
            self._known
            and not self.why
            and enabled()
            and not batch.moves
            and batch.extents is None
            and len(batch) > 0
            and isinstance(draws.seed, int)
            and isinstance(draws.epoch, int)
            and not (batch.images.is_cuda and torch.cuda.is_current_stream_capturing())
        )

    def _tell(self, why: str) -> None:
        self.why = why
        logging.getLogger("augury").warning("augmentation is not captured: %s", why)


class _Graph:
    """The graph of one shape, with the tensors that it reads."""

    def __init__(
        self,
        augmentation: Augmentation[Any],
        scale: Scale,
        batch: Batch,
        draws: Draws,
        capture: Capture,
    ) -> None:
        device = batch.images.device
        self.batch = Batch(batch.images.clone(), batch.targets.clone(), batch.ids.clone())
        self.keys = KeyTable(_number(draws.seed), device)
        self.epoch = torch.full((), _number(draws.epoch), dtype=torch.int64, device=device)
        self.draws = Draws(
            self.keys, self.epoch, self.batch.ids, draws.scope, draws.repeats.clone()
        )
        self.found = self.batch.images, self.batch.targets

        def augment() -> None:
            with torch.autocast(device.type, enabled=False):
                found = augmentation.run(self.batch, self.draws, scale)
            # What the capture leaves here stays in the graph's memory, where replays write to.
            self.found = found.images, found.targets

        self._replay = capture(augment)

    def replay(self, batch: Batch, draws: Draws) -> tuple[Tensor, Tensor]:
        images, targets = self.found
        self.batch.images.copy_(batch.images)
        self.batch.ids.copy_(batch.ids)
        self.draws.repeats.copy_(draws.repeats)
        self.epoch.fill_(_number(draws.epoch))
        if draws.seed != self.keys.seed:
            self.keys.fill(_number(draws.seed))
        if targets is self.batch.targets:  # they stay as they are
            self._replay()
            return images.clone(), batch.targets
        self.batch.targets.copy_(batch.targets)
        self._replay()
        # The next replay writes to the same memory.
        return images.clone(), targets.clone()


def _number(value: Any) -> int:
    return int(value)


def _known(augmentation: Augmentation[Any]) -> bool:
    """Whether it and its parts are augury's own methods without saliency."""
    module = type(augmentation).__module__ + "."
    if not module.startswith(_OURS) or module.startswith(_OTHERS):
        return False
    return all(map(_known, getattr(augmentation, "parts", ())))
