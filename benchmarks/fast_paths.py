"""Every fast path off, for the figures beside them."""

from collections.abc import Iterator
from contextlib import contextmanager

from augury.kernels.switch import plain_path


@contextmanager
def all_off() -> Iterator[None]:
    """Within the block nothing is captured and no compiled loop runs."""
    with plain_path():
        yield
