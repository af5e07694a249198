"""The decorators of all compiled loops."""

from collections.abc import Callable
from typing import Any

from numba import njit

# Without `fastmath`: products and sums are rounded one by one, as PyTorch does. NumPy's error model
# lets divisions be computed many at once; Python's raises an error for each divisor of 0.
compiled: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
    nogil=True, cache=True, error_model="numpy"
)

# Compiled as a part of its caller: a level of calls costs compile time, since a caller compiles all
# functions below it once more.
inlined: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
    nogil=True, inline="always", error_model="numpy"
)
