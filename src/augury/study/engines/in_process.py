"""Cells in the very process that asks for the study."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from augury.kernels.threads import limited_threads
from augury.records.cell import Cell
from augury.startup import environment
from augury.study.engines.engine import Job, Workload
from augury.study.engines.environment import cublas_workspace
from augury.study.engines.in_turn import run_in_turn
from augury.training.captured import forget_graphs
from augury.training.deterministic import algorithms_restored


@dataclass(frozen=True)
class InProcess:
    """Runs cells one after the other in this process, for instance that of a notebook.

    Models and data that no other process can import are trained by it, and a debugger sees all.
    The number of threads and PyTorch's deterministic algorithms are set as in a worker process
    while cells run, and are as before afterwards. On a GPU that this process has used already,
    cuBLAS may keep the workspace that it has, so that bits can differ from those of `Local`. A
    cell that brings the process down (by a crash in native code, or when the system is out of
    memory) ends the study; the same call goes on from there.
    """

    def cells_at_once(self, work: Workload) -> int:
        """One: all cores are its own."""
        return 1

    def run(self, cells: Iterable[Cell], job: Job) -> None:
        """Run each cell once; a failed one is recorded, told, and does not stop the others.

        A cell that wants more memory than there is is tried once more when all others are through.
        Raises DiskError where nothing can be written any more.
        """
        try:
            with _as_in_a_worker(job.plan.threads):
                run_in_turn(cells, job)
        finally:
            forget_graphs()  # the process goes on, and may want the memory


@contextmanager
def _as_in_a_worker(threads: int) -> Iterator[None]:
    with limited_threads(threads), environment(cublas_workspace()), algorithms_restored():
        yield
