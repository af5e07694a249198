"""How much two processes of one thread augment, in times of what one does alone.

    python -m benchmarks.two_processes

What the machine allows two threads at most: processes share neither Python nor memory.
"""

import multiprocessing
import statistics
import time
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

import torch
from benchmarks.outcome import table
from benchmarks.peers.ours import ours
from benchmarks.peers.work import make_work

from augury.startup import environment

IMAGES, SIZE, SECONDS, ROUNDS = 1000, 32, 1.0, 5
_SPAWN = multiprocessing.get_context("spawn")


def main() -> None:
    rows = []
    for arm in ("normal+random-erasing", "trivialaugment"):
        ratios = [calls_a_second(arm, 2) / calls_a_second(arm, 1) for _ in range(ROUNDS)]
        rows.append({"arm": arm, "two / one": statistics.median(ratios)} | _range(ratios))
    print("\n".join(table(rows)))
    print(f"\n{IMAGES} × {SIZE}²; medians of {ROUNDS} rounds of {SECONDS:g} s each")


def _range(ratios: list[float]) -> dict[str, str]:
    return {"range": f"{min(ratios):.2f}–{max(ratios):.2f}"}


def calls_a_second(arm: str, processes: int) -> float:
    """Of all processes together, by the clock."""
    told, begin = _SPAWN.Queue(), _SPAWN.Barrier(processes)
    started = [_SPAWN.Process(target=_work, args=(arm, begin, told)) for _ in range(processes)]
    with environment({"OMP_NUM_THREADS": "1"}):
        for process in started:
            process.start()
    found = sum(told.get() for _ in started)
    for process in started:
        process.join()
    return found


def _work(arm: str, begin: Barrier, told: "Queue[float]") -> None:
    torch.set_num_threads(1)
    run = ours(arm, make_work(IMAGES, SIZE))
    run()
    begin.wait()
    calls, since = 0, time.perf_counter()
    while (passed := time.perf_counter() - since) < SECONDS:
        run()
        calls += 1
    told.put(calls / passed)


if __name__ == "__main__":
    main()
