"""Check that each worker of a loader has different draws, and new ones in each epoch."""

import hashlib
import warnings
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info

from augury.augment.foreign.adapt import Foreign
from augury.batch import to_float
from augury.checks.finding import Finding, verdict
from augury.checks.subject import batch_of, noise
from augury.startup import child_environment, environment

_NAME, _EXPECTED = "loader workers", "workers draw differently, and anew in each epoch"
_WORKERS, _ITEMS, _COPIES = 2, 16, 4
_PATIENCE = 120  # seconds until a worker counts as stuck


class _Items(Dataset[tuple[int, str]]):
    """Four images in turn, transformed; a sample is (worker, hash of the result)."""

    def __init__(self, transform: Foreign, classes: int) -> None:
        images = noise(_COPIES) if transform.mixing else noise(1).repeat(_COPIES, 1, 1, 1)
        self.transform, self.batch = transform, batch_of(images, 0, classes)

    def __len__(self) -> int:
        return _WORKERS * _ITEMS

    def __getitem__(self, index: int) -> tuple[int, str]:
        found = self.transform.freely(self.batch.with_images(self.batch.images.clone()))
        pixels = to_float(found.images).contiguous().numpy().tobytes()
        digest = hashlib.blake2b(pixels + found.targets.numpy().tobytes(), digest_size=8)
        worker = get_worker_info()
        return worker.id if worker else 0, digest.hexdigest()


def loader_workers(transform: Foreign, classes: int = 10) -> Finding:
    """Run a transform in PyTorch's DataLoader, without augury: two workers, two epochs.

    Each worker gets a copy of the transform, and of any generator inside it; PyTorch seeds the
    global generators of each worker in each epoch.
    """
    items = _Items(transform, classes)
    try:
        # A loader draws the seeds of its workers from the global generator.
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            epochs = [_drawn(items) for _ in range(2)]
    except Exception as error:  # noqa: BLE001 - a worker can fail in any way
        reason = " ".join(str(error).split())
        return Finding(_NAME, _EXPECTED, f"not told: {type(error).__name__}: {reason[:80]}", "note")
    count = 2 * len(items) * _COPIES
    results = [drawn for epoch in epochs for drawn in epoch]
    if len({digest for drawn in results for digest in drawn}) == 1:
        return Finding(_NAME, _EXPECTED, "nothing to compare: it never varies", "note", count)
    alike = [
        *(["two workers"] if any(epoch[0] == epoch[1] for epoch in epochs) else []),
        *(["two epochs"] if epochs[0] == epochs[1] else []),
    ]
    measured = f"{' and '.join(alike)} draw the same" if alike else "all four draw differently"
    return Finding(_NAME, _EXPECTED, measured, verdict(not alike), count)


def _drawn(items: _Items) -> list[list[str]]:
    """For each worker the hashes of its results in one epoch."""
    loader: DataLoader[Any] = DataLoader(
        items, batch_size=None, num_workers=_WORKERS, timeout=_PATIENCE
    )
    with environment(child_environment()), warnings.catch_warnings():
        # Every loader forks beside threads, and Python warns of that.
        warnings.simplefilter("ignore")
        found = list(loader)
    return [[digest for worker, digest in found if worker == k] for k in range(_WORKERS)]
