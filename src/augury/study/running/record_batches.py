"""Recording what training sees of some images, from the batches that it makes."""

import numpy as np
import torch
from torch import Tensor

from augury.batch import Batch, to_uint8
from augury.data import Split, batches, epoch_order
from augury.data.loader import batch_rows
from augury.errors import InputError
from augury.rng import Draws, numpy_generator
from augury.saliency import gray_map
from augury.study.running.prepare import Prepared
from augury.training.device import augmenting_device

_EXAMPLES = 5


class BatchRecorder:
    """Records the images `ids` before and after augmentation, in the batches of one epoch.

    Training calls it with each batch (`Training.on_batch`). ids: (n,) int64; epoch: from 0.
    """

    def __init__(self, prepared: Prepared, ids: np.ndarray, epoch: int) -> None:
        self.epoch = epoch
        self.ids = ids
        self._prepared, self._ids = prepared, torch.from_numpy(ids)
        self._seen: dict[int, dict[str, np.ndarray]] = {}

    def __call__(self, epoch: int, before: Batch, after: Batch) -> None:
        """Record a batch of training; other epochs than the recorder's are passed over."""
        if epoch != self.epoch:
            return
        rows = torch.isin(before.ids, self._ids.to(before.ids.device))
        if not rows.any():
            return
        kept = {
            "ids": before.ids,
            "labels": before.targets.argmax(1),
            "originals": to_uint8(before.images),
            "augmented": to_uint8(after.images),
            "targets": after.targets,
        }
        for source in self._prepared.sources:
            kept["maps"] = _as_picture(source(before))
        arrays = {name: values[rows].cpu().numpy() for name, values in kept.items()}
        for i, sample in enumerate(arrays["ids"]):
            self._seen[int(sample)] = {name: values[i] for name, values in arrays.items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """The recorded arrays, in the order of `ids`.

        ids, labels (n,); originals, augmented (n, C, H, W) uint8; targets (n, K); and, where the
        augmentation uses saliency maps, maps (n, H, W) uint8.
        """
        found = [self._seen[int(sample)] for sample in self._ids]
        return {name: np.stack([each[name] for each in found]) for name in found[0]}


def _as_picture(maps: Tensor) -> Tensor:
    """Maps as gray pictures, (B, H, W) uint8. maps: (B, H, W), or signed gradients (B, C, H, W)."""
    maps = gray_map(maps) if maps.ndim == 4 else maps
    peak = maps.amax((1, 2), keepdim=True)
    # Maps need not lie in [0, 1]; a picture does.
    return to_uint8(maps / torch.where(peak > 1, peak, torch.ones_like(peak)))


def example_ids(prepared: Prepared) -> np.ndarray:
    """The ids of five training images, ascending; the same five for all arms of a seed."""
    train = prepared.train
    generator = numpy_generator("examples", prepared.training.seed)
    rows = generator.choice(len(train), min(_EXAMPLES, len(train)), replace=False)
    return np.sort(train.ids[rows])


def augmented_images(prepared: Prepared, ids: np.ndarray, epoch: int) -> dict[str, np.ndarray]:
    """The images `ids` as `epoch` augments them with the current maps; see `BatchRecorder.arrays`.

    Their batches are built whole, as in training, since mixing needs the other images.
    Raises InputError for an id that is not trained on.
    """
    training, train = prepared.training, prepared.train
    check_trained_on(ids, train, training.seed)
    recorder = BatchRecorder(prepared, ids, epoch)
    order = epoch_order(len(train), training.seed, epoch)
    for rows in batch_rows(order, training.recipe.batch_size):
        if not np.isin(train.ids[rows], ids).any():
            continue
        (batch,) = batches(train, training.num_classes, len(rows), rows)
        batch = batch.to(augmenting_device(training.network.device))
        recorder(epoch, batch, training.augmentation(batch, Draws(training.seed, epoch, batch.ids)))
    return recorder.arrays()


def check_trained_on(ids: np.ndarray, train: Split, seed: int) -> None:
    """Raise InputError unless all `ids` are among those of `train`."""
    missing = ids[~np.isin(ids, train.ids)]
    if len(missing):
        raise InputError(
            f"id {missing[0]}: not among the {len(train)} images that seed {seed} trains "
            f"on, for instance {', '.join(str(i) for i in np.sort(train.ids[:3]))}"
        )
