"""Times blocks of code, including GPU work that is still running when Python goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch


class Stopwatch:
    """Sums the time spent in all its `with stopwatch.running():` blocks; see `seconds`."""

    def __init__(self, device: torch.device) -> None:
        self.on_gpu = device.type == "cuda"
        self._spent = 0.0
        self._events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of the block."""
        if self.on_gpu:
            # Events are written by the GPU itself, so that nothing has to wait for it.
            start, end = self._event(), self._event()
            start.record()
            yield
            end.record()
            self._events.append((start, end))
        else:
            started = time.perf_counter()
            yield
            self._spent += time.perf_counter() - started

    def _event(self) -> torch.cuda.Event:
        return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]

    def seconds(self) -> float:
        """The sum so far; on a GPU, waits for the blocks to finish."""
        if self._events:
            torch.cuda.synchronize()
            self._spent += sum(a.elapsed_time(b) for a, b in self._events) / 1000
            self._events.clear()
        return self._spent
