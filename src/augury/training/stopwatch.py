"""Times blocks of code, including GPU work that is still running when Python goes on."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from augury.training.device import wait_for


class Stopwatch:
    """Sums the time spent in all its `with stopwatch.running():` blocks; see `seconds`."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._spent = 0.0
        self._events: list[tuple[torch.cuda.Event, torch.cuda.Event]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """Add the time of the block."""
        if self.device.type == "cuda":
            # Events are written by the GPU itself, so that nothing has to wait for it.
            start, end = self._event(), self._event()
            start.record()
            yield
            end.record()
            self._events.append((start, end))
        else:
            wait_for(self.device)  # nothing on a processor, and Apple's GPUs have no such events
            started = time.perf_counter()
            yield
            wait_for(self.device)
            self._spent += time.perf_counter() - started

    def _event(self) -> torch.cuda.Event:
        return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]

    def seconds(self) -> float:
        """The sum so far; on a GPU, waits for the blocks to finish."""
        if self._events:
            wait_for(self.device)
            self._spent += sum(a.elapsed_time(b) for a, b in self._events) / 1000
            self._events.clear()
        return self._spent
