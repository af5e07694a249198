"""Many simulated studies, each with draws of its own, spread over processes."""

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from .studies import Source, Study, plant

_CHUNK = 50


@dataclass(frozen=True)
class Job:
    """`studies` studies of `arms` and `seeds` from `source`; `share` of wrong images turned right.

    stream: keeps the draws of different parts of the benchmark apart; first: number of a study.
    """

    source: Source
    arms: int
    seeds: int
    studies: int
    seed: int
    stream: int
    share: float = 0.0
    first: int = 0

    def draw(self) -> Iterator[tuple[int, Study]]:
        """Each study with its number, the same however the job is cut."""
        for number in range(self.first, self.first + self.studies):
            rng = np.random.default_rng((self.seed, self.stream, self.arms, self.seeds, number))
            study = self.source.draw(self.arms, self.seeds, rng)
            yield number, plant(study, self.share, rng) if self.share else study

    def chunks(self) -> list["Job"]:
        """The same studies in jobs of at most 50."""
        return [
            replace(self, first=first, studies=min(_CHUNK, self.studies - first))
            for first in range(0, self.studies, _CHUNK)
        ]


def processes(workers: int) -> ProcessPoolExecutor:
    """Started afresh: a fork of a process with threads may hang."""
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"))


def count(
    pool: ProcessPoolExecutor, counter: Callable[[Job], Counter[str]], job: Job
) -> Counter[str]:
    """What `counter` counts over the whole `job`."""
    return sum(pool.map(counter, job.chunks()), Counter())
