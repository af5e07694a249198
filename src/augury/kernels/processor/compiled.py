"""The decorators of compiled code: loops, which Python calls, and parts, which only loops call.

Without `fastmath`: products and sums are rounded one by one, as PyTorch does. NumPy's error model
lets divisions be computed many at once; Python's raises an error for each divisor of 0. Time to
compile is dear, so parts get no function for Python to call, and are not stored by themselves.
"""

from collections.abc import Callable
from typing import Any

import numba

# Its type hints lack some options.
_njit: Any = numba.njit

_Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

loop: _Decorator = _njit(nogil=True, cache=True, error_model="numpy", no_cfunc_wrapper=True)

part: _Decorator = _njit(
    nogil=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)

# Compiled anew within each loop and part that it is a part of, which is quicker for short ones.
inlined: _Decorator = _njit(nogil=True, error_model="numpy", inline="always")
