"""Collect errors where a study would stop: the doctor reports them and goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from augury.errors import AuguryError

Tell = Callable[[str, AuguryError], None]
"""Called with what an error is about, a data set or a model on one, and the error."""


@contextmanager
def told(tell: Tell | None, what: str) -> Iterator[None]:
    """Give an error of the block to `tell`, and leave the block; without `tell`, raise it."""
    try:
        yield
    except AuguryError as error:
        if tell is None:
            raise
        tell(what, error)
