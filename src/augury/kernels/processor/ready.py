"""The compiled loops where they work; where they do not, the plain path serves."""

import importlib
import logging
from types import ModuleType
from typing import Any

from augury.kernels.switch import enabled

_failed = False


def usable() -> bool:
    """Whether loops may be tried: they are switched on, and none has failed in this process."""
    return enabled() and not _failed


def call(module: str, function: str, *arguments: Any) -> Any:
    """`function(*arguments)` of a module beside this one; None where loops do not work here.

    Numba is imported at the first call. Why loops do not work is logged once: it is not installed,
    cannot compile for this processor, or has been told not to compile.
    """
    global _failed
    try:
        found = _import(module)
        return getattr(found, function)(*arguments)
    except _failures() as error:
        _failed = True
        reason = " ".join(str(error).split())[:200]
        logging.getLogger("augury").warning(
            "augmentation takes the plain path, because loops cannot be compiled: %s: %s",
            type(error).__name__,
            reason,
        )
        return None


def _import(module: str) -> ModuleType:
    import numba

    if numba.config.DISABLE_JIT:
        raise ImportError("NUMBA_DISABLE_JIT is set")
    return importlib.import_module(f"augury.kernels.processor.{module}")


def _failures() -> tuple[type[BaseException], ...]:
    try:
        from numba.core.errors import NumbaError
    except ImportError:
        return (ImportError,)
    # LLVM's own errors are RuntimeErrors; OSError: its library or the stored code cannot be read.
    return (ImportError, NumbaError, RuntimeError, OSError)
