"""A batch cut into pieces, one for each thread."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

# Handing a piece to another thread takes as long as some ten images of 32×32 pixels.
SMALLEST = 100_000

_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def in_pieces(work: Callable[[int, int], None], count: int, threads: int, numbers: int) -> None:
    """Call `work(first, last)` for pieces of 0..count-1, at most `threads` at once.

    numbers: how many there are in all images; pieces have at least 100,000. `work` must release the
    interpreter's lock.
    """
    pieces = max(1, min(threads, count, numbers // SMALLEST))
    ends = [count * k // pieces for k in range(pieces + 1)]
    started: list[Future[None]] = []
    if pieces > 1:
        pool = _pool(threads - 1)
        started = [pool.submit(work, ends[k], ends[k + 1]) for k in range(1, pieces)]
    work(ends[0], ends[1])
    for each in started:
        each.result()


def _pool(threads: int) -> ThreadPoolExecutor:
    """The threads of this very process: a forked one has none of its parent's."""
    key = os.getpid(), threads
    if key not in _pools:
        _pools[key] = ThreadPoolExecutor(threads, "augury-images")
    return _pools[key]
