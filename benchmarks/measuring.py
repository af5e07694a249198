"""How long things take: blocks that take turns, medians, spread, processor time, ratios."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

BLOCKS = 7
_SHORT_BLOCKS = 2


@dataclass(frozen=True)
class Taken:
    """Seconds of one call, by block: `wall`, and `processor`, the time of all threads together."""

    wall: tuple[float, ...]
    processor: tuple[float, ...]

    @property
    def seconds(self) -> float:
        """The median by the clock."""
        return statistics.median(self.wall)

    @property
    def processor_seconds(self) -> float:
        """The median of the processor's time, which another program's work does not lengthen."""
        return statistics.median(self.processor)

    @property
    def spread(self) -> tuple[float, float]:
        """The shortest and the longest block by the clock."""
        return min(self.wall), max(self.wall)

    def over(self, n: int) -> "Taken":
        """The seconds of one of the `n` things that a call does."""
        return Taken(tuple(s / n for s in self.wall), tuple(s / n for s in self.processor))

    def times_faster(self, other: "Taken", by: str = "wall") -> float:
        """How many times as long `other` takes: the median of the ratios within each block.

        by: "wall" or "processor".
        """
        return statistics.median(self._ratios(other, by))

    def times_faster_range(self, other: "Taken", by: str = "wall") -> tuple[float, float]:
        """The lowest and the highest of these ratios."""
        ratios = self._ratios(other, by)
        return min(ratios), max(ratios)

    def _ratios(self, other: "Taken", by: str) -> list[float]:
        ours, theirs = getattr(self, by), getattr(other, by)
        return [them / us for us, them in zip(ours, theirs, strict=True)]


def take_turns(
    ways: Mapping[str, Callable[[], object]],
    device: str = "cpu",
    blocks: int = BLOCKS,
    seconds: float = 0.1,
) -> dict[str, Taken]:
    """Measure `ways`, each called for about `seconds` in each of `blocks` blocks, in turns.

    Within a block all ways run one after another, so that what else the machine does falls on all
    alike. Each is called twice before, to compile and to fill caches. On a GPU a block ends when
    the device has done its work.
    """
    gc.collect()
    gc.freeze()  # what is loaded by now: else every collection walks through whole libraries
    calls = {name: _calls_in(way, seconds, device) for name, way in ways.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(blocks):
        for name, way in ways.items():
            found[name].append(_block(way, calls[name], device))
    return {
        name: Taken(tuple(wall for wall, _ in each), tuple(used for _, used in each))
        for name, each in found.items()
    }


def blocks_of(short: bool) -> int:
    """How many blocks are measured; few in a short form, whose figures mean nothing."""
    return _SHORT_BLOCKS if short else BLOCKS


def _calls_in(way: Callable[[], object], seconds: float, device: str) -> int:
    """How many calls take about `seconds`, at least one."""
    _block(way, 1, device)
    wall, _ = _block(way, 1, device)
    return max(1, round(seconds / max(wall, 1e-6)))


def _block(way: Callable[[], object], calls: int, device: str) -> tuple[float, float]:
    """Seconds a call by the clock and of the processor, over `calls`."""
    _wait(device)
    began, used = time.perf_counter(), time.process_time()
    for _ in range(calls):
        way()
    _wait(device)
    return (time.perf_counter() - began) / calls, (time.process_time() - used) / calls


def _wait(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()
