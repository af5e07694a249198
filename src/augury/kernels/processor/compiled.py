"""The decorators of compiled code: loops, which Python calls, and parts, which only loops call.

Without `fastmath`: products and sums are rounded one by one, as PyTorch does. NumPy's error model
lets divisions be computed many at once; Python's raises an error for each divisor of 0. Time to
compile is dear, so parts get no function for Python to call, and are not stored by themselves.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import config, njit

from augury.kernels.processor.store import compiling, folder_of_compiled

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

part: _Decorator = njit(
    nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)

# Compiled anew within each loop and part that it is a part of, which is quicker for short ones.
inlined: _Decorator = njit(nogil=True, error_model="numpy", inline="always")


class loop:  # a decorator, beside `part` and `inlined`
    """Compiles at the first call, once for each dtype of the first argument, and stores the code.

    All other arguments must have the same types in all calls.
    """

    def __init__(self, function: Callable[..., None]) -> None:
        self._function = function
        self._dispatcher: Callable[..., None] | None = None
        self._ready: set[np.dtype[Any]] = set()

    def __call__(self, first: Any, *rest: Any) -> None:
        if self._dispatcher is not None and first.dtype in self._ready:
            self._dispatcher(first, *rest)
            return
        with compiling(f"{self._function.__name__}-{first.dtype}"):
            self._compiled()(first, *rest)
        self._ready.add(first.dtype)

    def _compiled(self) -> Callable[..., None]:
        if self._dispatcher is None:
            folder = folder_of_compiled()
            make = njit(
                nogil=True, cache=folder is not None, error_model="numpy", no_cfunc_wrapper=True
            )
            before, config.CACHE_DIR = config.CACHE_DIR, str(folder or "")
            try:
                self._dispatcher = make(self._function)
            finally:
                config.CACHE_DIR = before
        return self._dispatcher
