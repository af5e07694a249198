"""Writing a report's files whole or not at all."""

import os
from pathlib import Path

from augury.errors import DiskError


def write_text(path: Path, text: str) -> Path:
    """Write `text` so that a reader sees the old file or the new one; returns `path`.

    Raises DiskError where it cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_text(text, encoding="utf-8", newline="")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise DiskError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path
