"""Python's, NumPy's and PyTorch's global generators, seeded while the user's own code runs.

Such code draws from them. They are put back afterwards, so that what it makes is a function of the
seed and nothing else notices.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

CPU = torch.device("cpu")


@contextmanager
def generators_restored(device: torch.device = CPU) -> Iterator[None]:
    """After the block the generators are as before it, also that of `device`."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    devices = [device] if device.type == "cuda" else []
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)


def seed_generators(key: int, device: torch.device = CPU) -> None:
    """Seed them with `key`, 0..2^63 - 1; PyTorch's are those of the processor and of `device`."""
    # torch.manual_seed would also seed the generators of all GPUs, which are not put back;
    # while none is in use it takes 160 µs to note the seed.
    torch.default_generator.manual_seed(key)
    if device.type == "cuda":
        with torch.cuda.device(device):
            torch.cuda.manual_seed(key)
    np.random.seed(key & 0xFFFFFFFF)
    random.seed(key)
