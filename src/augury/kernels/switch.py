"""Whether the compiled loops are used."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from augury.names import check_name

VARIABLE = "AUGURY_KERNELS"
_CHOICES = ("on", "off")

_plain: ContextVar[bool] = ContextVar("plain", default=False)


def enabled() -> bool:
    """Whether compiled loops may be used: not within `plain_path`, nor with AUGURY_KERNELS=off.

    Raises InputError where the variable is neither "on" nor "off".
    """
    asked = os.environ.get(VARIABLE, "on")
    check_name(asked, _CHOICES, VARIABLE)
    return asked == "on" and not _plain.get()


@contextmanager
def plain_path() -> Iterator[None]:
    """Within the block everything is computed by PyTorch's own operations."""
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)
