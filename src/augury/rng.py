"""Randomness without state: every draw is a pure function of seed, epoch, sample and operation.

The bits are those of Philox (`augury.kernels.philox`), so they are the same on every device, for
any batch size and order. No global or device generator is read or advanced.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from augury.errors import InputError
from augury.kernels import on_gpu
from augury.kernels.stream import Stream
from augury.seeds import derive_key, numpy_generator, torch_seed

__all__ = [
    "Draws",
    "KeyTable",
    "check_epoch",
    "check_seed",
    "count_repeats",
    "derive_key",
    "numpy_generator",
    "torch_seed",
]

_MASK = 0xFFFFFFFF

# 2^64 over the golden ratio, as an int64. Its first 2^20 multiples, modulo 2^64, differ pairwise by
# more than 2^42, so that no copy of one image gets the stream number of another image.
_GOLDEN = 0x9E3779B97F4A7C15 - 2**64

# Operations that a `KeyTable` has room for; a chain of five parts uses about ten.
_ROWS = 1024


def _draws_key(seed: int, operation: str) -> tuple[int, int]:
    """The key of an operation's draws, as two words of 32 bits."""
    key = derive_key("draws", seed, operation)
    return key & _MASK, key >> 32


class KeyTable:
    """The keys of a run's operations on one device, a row for each operation.

    A captured graph reads its rows when it is replayed, so that `fill` takes the graph to another
    seed. An operation gets its row when it draws for the first time; that is a copy from the host,
    and has to come before the capture.
    """

    def __init__(self, seed: int, device: torch.device) -> None:
        check_seed(seed)
        self.seed = seed
        self._rows: dict[str, int] = {}
        self._table = torch.zeros((_ROWS, 2), dtype=torch.int64, device=device)

    def key(self, operation: str) -> Tensor:
        """(2,) int64: a view of the operation's row."""
        row = self._rows.get(operation)
        if row is None:
            row = self._rows[operation] = len(self._rows)
            self._table[row] = torch.tensor(_draws_key(self.seed, operation))
        return self._table[row]

    def fill(self, seed: int) -> None:
        """Give all operations the keys of another seed, in place."""
        check_seed(seed)
        self.seed = seed
        if self._rows:
            keys = torch.tensor([_draws_key(seed, operation) for operation in self._rows])
            self._table[: len(keys)].copy_(keys)


@dataclass(frozen=True)
class Draws:
    """The random numbers of a batch: one independent stream per sample and operation.

    seed: the run's seed, any whole number; epoch: 0 to 2^32 - 1; ids: (B,) int64, the samples'
    stable numbers; scope: distinguishes two operations that have the same name. For a captured
    graph the seed may be a `KeyTable` and the epoch a () int64 tensor, on the device of the ids.
    repeats: (B,) int64 ≥ 0, how many times each id came before in the epoch, so that every copy of
    an image has its own draws. None counts them within `ids`, in the order of the batch.
    Draw `index` of operation `name` for copy `repeat` of sample `id` depends on (seed, epoch, id,
    repeat, name, index) and on nothing else. Raises InputError for a seed or an epoch out of range
    and for ids or repeats of another shape or dtype.
    """

    seed: int | KeyTable
    epoch: int | Tensor
    ids: Tensor
    scope: str = ""
    repeats: Tensor = None  # type: ignore[assignment]  # None is replaced in __post_init__

    def __post_init__(self) -> None:
        if not isinstance(self.seed, KeyTable):
            check_seed(self.seed)
        if not isinstance(self.epoch, Tensor):
            check_epoch(self.epoch)
        elif self.epoch.dtype != torch.int64 or self.epoch.ndim:
            raise InputError(f"epoch: must be a whole number, got {self.epoch!r:.80}")
        _check_numbers("ids", self.ids, self.ids)
        if self.repeats is None:
            object.__setattr__(self, "repeats", _count_repeats(self.ids))
        else:
            _check_numbers("repeats", self.repeats, self.ids)

    @property
    def streams(self) -> Tensor:
        """(B,) int64: each sample's stream number; the id, changed for repeated copies."""
        # int64 products wrap modulo 2^64.
        return self.ids + self.repeats * _GOLDEN

    def stream(self, operation: str) -> Stream:
        """The random numbers of one operation, which are drawn when they are asked for."""
        name = operation + self.scope
        key = (
            self.seed.key(name) if isinstance(self.seed, KeyTable) else _draws_key(self.seed, name)
        )
        return Stream(key, self.epoch, self.streams)

    def bits(self, operation: str, n: int) -> Tensor:
        """(B, n) int64: uniform 32-bit words."""
        return self.stream(operation).bits(n)

    def uniform(self, operation: str, n: int) -> Tensor:
        """(B, n) float32: uniform in [0, 1), multiples of 2^-24."""
        return self.stream(operation).uniform(n)

    def bytes(self, operation: str, n: int) -> Tensor:
        """(B, n) uint8: uniform in 0..255."""
        return self.stream(operation).bytes(n)


def check_seed(seed: int) -> None:
    """Raise InputError unless `seed` is a whole number."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise InputError(f"seed: must be a whole number, got {seed!r:.80}")


def check_epoch(epoch: int) -> None:
    """Raise InputError unless `epoch` is a whole number in 0..2^32 - 1.

    The generator has 32 bits for it: a larger epoch would repeat the draws of a smaller one.
    """
    if isinstance(epoch, bool) or not isinstance(epoch, int | np.integer):
        raise InputError(f"epoch: must be a whole number, got {epoch!r:.80}")
    if epoch < 0:
        raise InputError(f"epoch: must be at least 0, got {epoch}")
    if epoch > _MASK:
        raise InputError(f"epoch: must be at most {_MASK}, got {epoch}")


def _check_numbers(name: str, numbers: Tensor, ids: Tensor) -> None:
    if not isinstance(numbers, Tensor) or numbers.dtype != torch.int64 or numbers.ndim != 1:
        got = (numbers.dtype, tuple(numbers.shape)) if isinstance(numbers, Tensor) else numbers
        raise InputError(f"{name}: must be an int64 tensor of shape (B,), got {got!r:.80}")
    if numbers.shape != ids.shape:
        raise InputError(f"{name}: must be {len(ids)}, one for each id, got {len(numbers)}")


def _count_repeats(ids: Tensor) -> Tensor:
    """(B,) int64: how many earlier rows have the same id."""
    found = on_gpu.count_repeats(ids) if ids.is_cuda else None
    if found is not None:
        return found
    if ids.device.type == "cpu" and type(ids) is Tensor and not torch.compiler.is_compiling():
        return torch.from_numpy(count_repeats(ids.detach().numpy()))
    ordered, order = ids.sort(stable=True)
    # Among sorted ids, `searchsorted` finds where each run of equal ids begins.
    repeats = torch.arange(len(ids), device=ids.device) - torch.searchsorted(ordered, ordered)
    return torch.empty_like(order).scatter(0, order, repeats)


def count_repeats(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """(B,) int64: how many earlier of the `ids` (B,) are equal to each, counted in one thread.

    PyTorch's `searchsorted` wakes a thread for each core from some 200 ids on, and these then keep
    the cores busy for milliseconds, in which loops over images could run on them.
    """
    order = np.argsort(ids, kind="stable")
    ordered = ids[order]
    repeats = np.empty_like(order)
    repeats[order] = np.arange(len(ids)) - np.searchsorted(ordered, ordered)
    return repeats
