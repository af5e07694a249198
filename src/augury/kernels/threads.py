"""How many threads PyTorch computes with."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch


def one_thread(device: torch.device) -> AbstractContextManager[None]:
    """Within the block this thread computes alone what is on a processor.

    For a few numbers per image. PyTorch wakes a thread for each core even for the cosine of a
    hundred numbers; such threads then keep their cores busy for milliseconds, in which loops over
    images could run there, and on a busy machine each operation waits for all of them: 15 ms
    instead of 5 µs.
    """
    if torch.compiler.is_compiling() or device.type != "cpu" or torch.get_num_threads() == 1:
        return nullcontext()
    return limited_threads(1)


@contextmanager
def limited_threads(threads: int) -> Iterator[None]:
    """Use as many threads within the block: sums depend on how they are divided.

    Setting them takes less than a microsecond.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
