"""How a trained network does on common corruptions of the test images."""

from collections.abc import Iterator

import torch

from augury.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from augury.data import Dataset, Split, limit_train
from augury.records.robustness import Robustness
from augury.study.planning.parts import count_corrupted
from augury.training import evaluate
from augury.training.network import Network

# Corrupted images up to this size are kept from cell to cell of a worker: they are the same.
_KEPT_BYTES = 256 * 2**20
_AT_ONCE = 64
_kept: dict[tuple[str, bytes], list[tuple[str, int, Split]]] = {}


def measure_robustness(
    network: Network, dataset: Dataset, test: Split, images: int, batch_size: int
) -> Robustness:
    """Accuracies of a network on test images, as they are and corrupted.

    images: how many test images are taken, stratified; the same ones for every cell of a study
    that has the same test images.
    """
    chosen = limit_train(test, count_corrupted(images, len(test), dataset.num_classes), 0)

    def accuracy(split: Split) -> float:
        return evaluate(network, split, dataset.num_classes, batch_size).accuracy

    found: dict[str, list[float]] = {name: [] for name in CORRUPTIONS}
    for name, _, split in _corrupted(chosen, dataset.fingerprint):
        found[name].append(accuracy(split))
    accuracies = {name: tuple(values) for name, values in found.items()}
    return Robustness(len(chosen), accuracy(chosen), accuracies)


def _corrupted(chosen: Split, fingerprint: str) -> Iterator[tuple[str, int, Split]]:
    """(corruption, severity, images), severities ascending within each corruption."""
    key = fingerprint, chosen.ids.tobytes()
    if key in _kept:
        yield from _kept[key]
        return
    whole = chosen.images.nbytes * len(CORRUPTIONS) * len(SEVERITIES)
    kept = []
    # Copies: the data set's own arrays may be read-only.
    images, ids = torch.tensor(chosen.images), torch.tensor(chosen.ids)
    for name in CORRUPTIONS:
        for severity in SEVERITIES:
            parts = zip(torch.split(images, _AT_ONCE), torch.split(ids, _AT_ONCE), strict=True)
            changed = torch.cat([corrupt(*part, name, severity) for part in parts])
            entry = name, severity, Split(changed.numpy(), chosen.labels, chosen.ids)
            if whole <= _KEPT_BYTES:
                kept.append(entry)
            yield entry
    if kept:
        _kept.clear()
        _kept[key] = kept
