"""A secret key of this user, which tells their own `judged.json` from one that they received."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from augury.data import cache_folder
from augury.errors import InputError
from augury.files import make_folder, temporary_path
from augury.inside import open_plain

_BYTES = 32
# Windows has no such number, and keeps each user's cache to that user.
_USER = os.geteuid() if hasattr(os, "geteuid") else 0


def signature(content: str) -> str:
    """HMAC-SHA256, in hex, of `content` by the key of this user's cache folder.

    The key is made at the first call. Where it cannot be stored, or another user can read it, each
    call draws a new key, so that no signature is ever accepted.
    """
    try:
        key = _known() or _made()
    except (OSError, InputError):
        key = secrets.token_bytes(_BYTES)
    return hmac.new(key, content.encode(), hashlib.sha256).hexdigest()


def _file() -> Path:
    # By user, as a cache folder may be shared.
    return cache_folder() / f"judged-{_USER}.key"


def _known() -> bytes | None:
    """The key; None where there is none, or one that is not this user's alone."""
    if not _file().exists():
        return None
    with open_plain(_file()) as file:
        status, key = os.fstat(file.fileno()), file.read(_BYTES + 1)
    private = os.name == "nt" or (status.st_uid == _USER and not status.st_mode & 0o077)
    return key if private and len(key) == _BYTES else None


def _made() -> bytes:
    """A new key, written whole."""
    key, temporary = secrets.token_bytes(_BYTES), temporary_path(_file())
    make_folder(_file().parent)
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(key)
        temporary.replace(_file())
    finally:
        temporary.unlink(missing_ok=True)
    return key
