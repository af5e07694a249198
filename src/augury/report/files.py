"""Writing a report's files whole or not at all."""

from pathlib import Path

from augury.errors import DiskError
from augury.files import write_atomically
from augury.printable import printable_lines


def write_text(path: Path, text: str) -> Path:
    """Write `text` atomically: readers see the old file or the new one. Returns `path`.

    Terminal codes and unpaired surrogates are escaped. Raises DiskError if it cannot be written.
    """
    try:
        write_atomically(path, printable_lines(text).encode())
    except OSError as error:
        raise DiskError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path
