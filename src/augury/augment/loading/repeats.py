"""Counting of images that a sampler draws more than once an epoch (`WeightedRandomSampler`)."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass
from operator import index
from typing import Any, cast

from torch.utils.data import Dataset

from augury.errors import InputError


@dataclass(frozen=True)
class Repeat:
    """An index or an id, and how many times it came before in its epoch (`number`)."""

    at: int
    number: int


def number_repeats(dataset: Any, sampler: Iterable[Any]) -> tuple[Dataset[Any], Iterable[Any]]:
    """`dataset` and `sampler` wrapped so that repeated images are counted; use both together.

        weighted = WeightedRandomSampler(weights, len(dataset))
        dataset, sampler = number_repeats(WithIds(dataset), weighted)
        loader = DataLoader(dataset, 100, sampler=sampler, collate_fn=collate, num_workers=4)

    dataset: of (image, label, id), as `WithIds` makes it and `Subset` may cut it; sampler: of its
    indices, or a batch sampler. The process of the sampler counts how often an index came before in
    the epoch, so that each copy has its own draws in any batch and worker. In distributed training
    each process counts separately: give each `Collate` a different seed.
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
    """Samples (image, label, id); asked for a `Repeat`, it returns a `Repeat` as the id."""

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
