"""The errors that users meet: each is one clear line, and each has a stable exit code."""

from augury.printable import printable


class AuguryError(Exception):
    """Something a user can put right. `str(error)` is one line: what, where, what is allowed.

    Whatever it quotes, of a file, a folder or another library's message, is made printable.
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
    """What is there and cannot be read: forbidden, an I/O error, a link, a pipe, a folder.

    Nothing is known of its content. So it is not damaged, and is never made anew.
    """


class CellsFailed(AuguryError):
    """The study ran to its end, but some of its cells failed."""

    exit_code = 3


class RecipeChanged(AuguryError):
    """The folder holds a study with other settings."""

    exit_code = 4


class DiskError(AuguryError):
    """Nothing more can be written (full disk, quota, read-only folder)."""

    exit_code = 5


class TrainingError(AuguryError):
    """One cell cannot be trained further, for instance because its loss is not finite."""

    exit_code = 3

    def __init__(self, message: str, epoch: int | None = None, step: int | None = None) -> None:
        super().__init__(message)
        self.epoch, self.step = epoch, step
