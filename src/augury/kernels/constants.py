"""Constant tensors, made once on each device.

A constant that is made anew is copied from the host each time: a GPU waits for that, and a captured
graph cannot hold it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from augury.lazy import constant_when_compiled

# The lists that take note of each constant which is asked for; see `held`.
_holders: list[list[Tensor]] = []


def constant(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    """`values`, a number or nested tuples of numbers, as a tensor on `device`; never to be changed.

    The same tensor is returned for the same arguments, as long as it is among the last 256 that
    were asked for.
    """
    if torch.compiler.is_compiling():
        return torch.tensor(values, dtype=dtype, device=device)  # the compiler keeps it
    return _noted(_made(values, dtype, device))


def on_device(table: Callable[[float], Tensor], parameter: float, device: torch.device) -> Tensor:
    """`table(parameter)` on `device`; of the last 64 tables the copies are kept."""
    return _noted(_table(table, parameter, device))


@contextmanager
def held() -> Iterator[list[Tensor]]:
    """A list of all constants that are asked for within the block.

    A captured graph reads them by address, so that whoever replays it must keep them.
    """
    found: list[Tensor] = []
    _holders.append(found)
    try:
        yield found
    finally:
        _holders.remove(found)


def forget_constants() -> None:
    """Make all constants anew when they are asked for the next time."""
    _made.cache_clear()
    _copied.cache_clear()


def _noted(value: Tensor) -> Tensor:
    if not torch.compiler.is_compiling():
        for found in _holders:
            found.append(value)
    return value


@lru_cache(maxsize=256)
def _made(values: Any, dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=dtype, device=device)


@lru_cache(maxsize=64)
def _copied(table: Callable[[float], Tensor], parameter: float, device: torch.device) -> Tensor:
    return table(parameter).to(device)


@constant_when_compiled  # SciPy's functions cannot be compiled
def _table(table: Callable[[float], Tensor], parameter: float, device: torch.device) -> Tensor:
    return _copied(table, parameter, device)
