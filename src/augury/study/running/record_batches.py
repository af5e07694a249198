"""Recording what training sees of some images, from the batches that it makes."""

import numpy as np
import torch
from torch import Tensor

from augury.augment.framing import centered
from augury.batch import Batch, to_uint8
from augury.center import center_of
from augury.data import batches
from augury.data.loader import batch_rows
from augury.data.sampling import epoch_picks, repeats_of, rows_of
from augury.errors import InputError
from augury.rng import Draws, numpy_generator
from augury.saliency import gray_map
from augury.study.running.prepare import Prepared
from augury.training.device import augmenting_device

_EXAMPLES = 5


class BatchRecorder:
    """Records the images `ids` before and after augmentation, in the batches of one epoch.

    Of an image that comes several times, the first copy.

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
        # Of images that are stored larger an arm without a crop of its own sees the center.
        before = centered(self._prepared.training.augmentation, before)
        kept = {
            "ids": before.ids,
            "labels": before.targets.argmax(1),
            "originals": to_uint8(before.images),
            "augmented": to_uint8(after.images),
            "targets": after.targets,
        }
        if before.extents is not None:
            kept["extents"] = before.extents
        for source in self._prepared.sources:
            kept["maps"] = _as_picture(source(before))
        arrays = {name: values[rows].cpu().numpy() for name, values in kept.items()}
        for i, sample in enumerate(arrays["ids"]):
            self._seen.setdefault(int(sample), {name: each[i] for name, each in arrays.items()})

    def arrays(self) -> dict[str, np.ndarray]:
        """The recorded arrays, in the order of `ids`.

        ids, labels (n,); originals, augmented (n, C, H, W) uint8; targets (n, K); and, where the
        augmentation uses saliency maps, maps (n, H, W) uint8, of the originals. Originals are
        larger than what is augmented where it is cut from them, and have black around them where
        they are whole pictures.
        """
        found = [self._seen[int(sample)] for sample in self._ids]
        arrays = {name: np.stack([each[name] for each in found]) for name in found[0]}
        extents = arrays.pop("extents", None)
        if extents is not None:
            arrays["originals"] = _trimmed(arrays["originals"], extents)
        return arrays


def _trimmed(images: np.ndarray, extents: np.ndarray) -> np.ndarray:
    """The middle of `images` (n, C, H, W), as large as their largest pictures."""
    largest = zip(images.shape[2:], extents.max(axis=0), strict=True)
    rows, columns = (center_of(whole, int(side)) for whole, side in largest)
    return images[:, :, rows, columns]


def _as_picture(maps: Tensor) -> Tensor:
    """Maps as gray pictures, (B, H, W) uint8. maps: (B, H, W), or signed gradients (B, C, H, W)."""
    maps = gray_map(maps) if maps.ndim == 4 else maps
    peak = maps.amax((1, 2), keepdim=True)
    # Maps need not lie in [0, 1]; a picture does.
    return to_uint8(maps / torch.where(peak > 1, peak, torch.ones_like(peak)))


def example_ids(prepared: Prepared, epoch: int) -> np.ndarray:
    """The ids of five training images that `epoch` shows, ascending; the same for all arms."""
    training, train = prepared.training, prepared.train
    shown = np.unique(rows_of(_picks(prepared, epoch)))
    generator = numpy_generator("examples", training.seed)
    rows = generator.choice(len(shown), min(_EXAMPLES, len(shown)), replace=False)
    return np.sort(train.ids[shown[rows]])


def augmented_images(prepared: Prepared, ids: np.ndarray, epoch: int) -> dict[str, np.ndarray]:
    """The images `ids` as `epoch` augments them with the current maps; see `BatchRecorder.arrays`.

    Their batches are built whole, as in training, since mixing needs the other images.
    Raises InputError for an id that the epoch does not train on.
    """
    training, train = prepared.training, prepared.train
    check_trained_on(ids, prepared, epoch)
    recorder = BatchRecorder(prepared, ids, epoch)
    for picks in batch_rows(_picks(prepared, epoch), training.recipe.batch_size):
        rows = rows_of(picks)
        if not np.isin(train.ids[rows], ids).any():
            continue
        (batch,) = batches(train, training.num_classes, len(rows), rows)
        batch = batch.to(augmenting_device(training.network.device))
        repeats = torch.from_numpy(repeats_of(picks)).to(batch.ids.device)
        draws = Draws(training.seed, epoch, batch.ids, repeats=repeats)
        recorder(epoch, batch, training.augmentation(batch, draws))
    return recorder.arrays()


def check_trained_on(ids: np.ndarray, prepared: Prepared, epoch: int) -> None:
    """Raise InputError unless `epoch` trains on all of `ids`."""
    train, seed = prepared.train, prepared.training.seed
    missing = ids[~np.isin(ids, train.ids)]
    if len(missing):
        raise InputError(
            f"id {missing[0]}: not among the {len(train)} images that seed {seed} trains "
            f"on, for instance {_some(train.ids[:3])}"
        )
    shown = train.ids[rows_of(_picks(prepared, epoch))]
    missing = ids[~np.isin(ids, shown)]
    if len(missing):
        raise InputError(
            f"id {missing[0]}: not among the images of epoch {epoch}, as balanced sampling shows "
            f"a part of the large classes in each; for instance {_some(shown[:3])} are"
        )


def _picks(prepared: Prepared, epoch: int) -> np.ndarray:
    training = prepared.training
    return epoch_picks(prepared.train.labels, training.seed, epoch, training.recipe.sampling)


def _some(ids: np.ndarray) -> str:
    return ", ".join(str(i) for i in np.sort(ids))
