"""Data sets whose images are drawn more than once an epoch, as by a `WeightedRandomSampler`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from operator import index
from typing import Any, cast

from torch.utils.data import Dataset

from augury.errors import InputError


@dataclass(frozen=True)
class Repeat:
    """An index or an id that has come `number` times before in its epoch."""

    at: int
    number: int


def number_repeats(dataset: Any, sampler: Iterable[Any]) -> tuple[Dataset[Any], Iterable[Any]]:
    """`dataset` and `sampler` for a loader whose sampler draws an image more than once an epoch.

        weighted = WeightedRandomSampler(weights, len(dataset))
        dataset, sampler = number_repeats(WithIds(dataset), weighted)
        loader = DataLoader(dataset, 100, sampler=sampler, collate_fn=collate, num_workers=4)

    dataset: of (image, label, id), as `WithIds` makes it and `Subset` may cut it; sampler: of its
    indices, or a batch sampler. The sampler's process counts how often an index has come before in
    the epoch, so that each copy has draws of its own whichever batch and worker it gets into. Use
    both results together. Processes of distributed training count each for itself: give each
    `Collate` a seed of its own.
    """
    return _Numbered(dataset), _NumberingSampler(sampler)


class _NumberingSampler:
    def __init__(self, sampler: Iterable[Any]) -> None:
        self.sampler = sampler

    def __len__(self) -> int:
        return len(cast(Sized, self.sampler))

    def __iter__(self) -> Iterator[Repeat | list[Repeat]]:
        seen: Counter[int] = Counter()
        for each in self.sampler:
            if isinstance(each, Sequence):
                yield [_number(at, seen) for at in each]
            else:
                yield _number(each, seen)


def _number(at: Any, seen: Counter[int]) -> Repeat:
    place = index(at)
    seen[place] += 1
    return Repeat(place, seen[place] - 1)


class _Numbered(Dataset[Any]):
    """(image, label, id) with a `Repeat` for the id where it is asked for a `Repeat`."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, at: int | Repeat) -> Any:
        if not isinstance(at, Repeat):
            return self.dataset[at]
        sample = self.dataset[at.at]
        if not isinstance(sample, tuple | list) or len(sample) != 3:
            raise InputError(
                "number_repeats: samples must be (image, label, id); WithIds(dataset) adds the ids"
            )
        image, label, number = sample
        return image, label, Repeat(number, at.number)
