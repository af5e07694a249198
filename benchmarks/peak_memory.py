"""The most memory that a call takes, with compiled loops and by the plain path.

    python -m benchmarks.peak_memory

Each figure is of a process of its own, above what it holds after a first call on two images, which
compiles the loops or loads them. On Linux, whose kernel forgets a peak when it is asked to.
"""

import multiprocessing
from pathlib import Path

import torch
from benchmarks.augment_processor import ARMS
from benchmarks.outcome import Row, table
from benchmarks.peers.ours import ours
from benchmarks.peers.work import Work, make_work

from augury.kernels import plain_path

CALLS = 3


def main() -> None:
    rows = [row_of(arm, n, size) for n, size in ((1000, 32), (100, 224)) for arm in ARMS]
    print("\n".join(table(rows)))
    print(f"\nMB above a warm process, {CALLS} calls; uint8 to normalized float32; one thread")


def row_of(arm: str, n: int, size: int) -> Row:
    row: Row = {"images": f"{n} × {size}²", "arm": arm}
    for name, plain in (("compiled", False), ("plain", True)):
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            row[name] = pool.apply(megabytes, (arm, n, size, plain))
    return row


def megabytes(arm: str, n: int, size: int, plain: bool) -> float:
    torch.set_num_threads(1)
    work = make_work(n, size)
    if plain:
        with plain_path():
            return _growth(arm, work)
    return _growth(arm, work)


def _growth(arm: str, work: Work) -> float:
    ours(arm, work.part(2))()
    run = ours(arm, work)
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what is held now
    before = _megabytes("VmRSS")
    for _ in range(CALLS):
        run()
    return round(_megabytes("VmHWM") - before, 1)


def _megabytes(what: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith(what)]
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    main()
