"""Errors for users: each message is one clear line, and each class has a fixed exit code."""

from augury.printable import printable


class AuguryError(Exception):
    """An error that a user can fix. `str(error)` is one line: what, where, what is allowed.

    Text that it quotes (file names, messages of other libraries) is made printable.
    """

    exit_code = 1

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class InputError(AuguryError, ValueError):
    """A name, value or file that cannot be used."""

    exit_code = 2


class DataError(InputError):
    """A data set that is missing, unreadable or unfit for a study."""


class UnreadableError(InputError):
    """A file that exists but cannot be read: forbidden, an I/O error, a link, a pipe, a folder.

    Its content is unknown. So it does not count as damaged, and is never replaced.
    """


class CellsFailed(AuguryError):
    """The study ran to its end, but some of its cells failed."""

    exit_code = 3


class RecipeChanged(AuguryError):
    """The folder holds a study with other settings."""

    exit_code = 4


class DiskError(AuguryError):
    """Writing is impossible (full disk, quota, read-only folder)."""

    exit_code = 5


class TrainingError(AuguryError):
    """One cell cannot be trained further, for instance because its loss is not finite."""

    exit_code = 3

    def __init__(self, message: str, epoch: int | None = None, step: int | None = None) -> None:
        super().__init__(message)
        self.epoch, self.step = epoch, step
