"""Nothing that an augmentation computes waits for the host or is copied from it.

Otherwise a GPU stands still, and a captured graph cannot hold the augmentation.
"""

import pytest
import torch

from augury.augment import (
    Augmentation,
    AugMix,
    CutMix,
    MixUp,
    OneOf,
    RandAugment,
    build_augmentation,
)
from augury.batch import Batch
from augury.rng import Draws, KeyTable
from helpers.fake_gpu import CUDA, fake_gpu, host_work
from helpers.registered import NAMES, labeled_batch, stored_maps

B, SHAPE = 8, (3, 32, 32)
OTHERS = {
    "beta": MixUp(alpha=0.4),
    "one of": OneOf([CutMix(alpha=0.3), RandAugment(layers=3), AugMix(alpha=0.5)], [1, 2, 3.5]),
}
CHAINS = ["normal+random-erasing", "normal+trivialaugment+cutmix", "augmix+mixup"]


def on_gpu(name: str) -> Augmentation:
    def source(kind):
        maps = stored_maps(kind, SHAPE, B)
        maps.ids, maps.values = maps.ids.to(CUDA), maps.values.to(CUDA)
        return maps

    return OTHERS.get(name) or build_augmentation(name, sources=source)


@pytest.mark.parametrize("name", [*NAMES, *CHAINS, *OTHERS])
def test_nothing_is_read_or_copied(name):
    with fake_gpu():
        batch, augmentation = labeled_batch(SHAPE, n=B).to(CUDA), on_gpu(name)
        keys, epoch = KeyTable(3, CUDA), torch.zeros((), dtype=torch.int64, device=CUDA)

        def augment() -> Batch:
            return augmentation(batch, Draws(keys, epoch, batch.ids))

        assert host_work(augment) == []
        assert augment().images.device == CUDA


def test_what_is_read_or_copied_would_be_noticed():
    """The draws of a plain seed need their key from the host, and some operations the values."""
    with fake_gpu():
        batch = labeled_batch(SHAPE, n=B).to(CUDA)
        assert host_work(lambda: MixUp()(batch, Draws(3, 7, batch.ids)))
        assert host_work(lambda: batch.images[torch.tensor([0, 1])])
        assert host_work(lambda: batch.ids.sum().to("cpu"))
        assert host_work(lambda: batch.ids * 2) == []
