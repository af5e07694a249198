"""The files and folders found in an image folder or archive, and those that are set aside."""

from dataclasses import dataclass, field
from pathlib import Path

import augury.printable
from augury.data.folders.formats import NOT_AN_IMAGE, is_image_name, what_is_missing
from augury.records.set_aside import SetAside

LARGEST_FILE = 200_000_000  # bytes of one image file, unpacked
LONGEST_REASON = 200  # characters
# Every folder is visited or kept in memory, and links and archives can simulate any number.
MOST_FOLDERS = 200_000
_CLUTTER = {"thumbs.db", "desktop.ini", "__macosx"}
HIDDEN = "hidden: a folder whose name begins with a dot is not read"


@dataclass(frozen=True)
class StoredFile:
    """One image file: its path inside the data set, and the place of its bytes on disk."""

    path: str
    container: Path
    offset: int
    size: int

    def read(self) -> bytes:
        """The bytes of the image, up to its size when it was listed."""
        with self.container.open("rb") as file:
            file.seek(self.offset)
            return file.read(self.size)


@dataclass
class Listing:
    """Image files, all folders (also empty ones), and the files that are set aside.

    hidden: the folders that `note_hidden` has set aside
    """

    files: list[StoredFile] = field(default_factory=list)
    folders: set[str] = field(default_factory=set)
    set_aside: list[SetAside] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)

    def admits(self, path: str, size: int) -> bool:
        """Note a file's folders; return whether it can be an image, else set it aside.

        size: in bytes
        """
        self.add_folder(path.rpartition("/")[0])
        if not is_image_name(path):
            self.refuse(path, NOT_AN_IMAGE)
        elif missing := what_is_missing(path):
            self.refuse(path, missing)
        elif size > LARGEST_FILE:
            self.refuse(path, f"larger than {LARGEST_FILE // 1_000_000} MB")
        else:
            return True
        return False

    def note_hidden(self, path: str) -> None:
        """Set the hidden folder of an image aside, so that the image is not ignored silently."""
        folder, _, name = path.rpartition("/")
        above, _, hidden = folder.rpartition("/")
        if not is_hidden_folder(hidden) or folder in self.hidden:
            return
        if is_image_name(name) and not any(map(is_ignored, [name, *above.split("/")])):
            self.hidden.add(folder)
            self.refuse(folder, HIDDEN)

    def refuse(self, path: str, reason: str) -> None:
        self.set_aside.append(SetAside(path, reason))

    def add_folder(self, path: str) -> None:
        """Note a folder and its parents."""
        while path and path not in self.folders:
            self.folders.add(path)
            path = path.rpartition("/")[0]


def is_ignored(name: str) -> bool:
    """Whether a file or folder is hidden, or belongs to a desktop (Thumbs.db)."""
    return name.lower() in _CLUTTER or (name.startswith(".") and name != "..")


def is_hidden_folder(name: str) -> bool:
    """Whether a folder is hidden, except folders of thumbnails that desktops make."""
    return name.startswith(".") and name != ".." and "thumb" not in name.lower()


def printable(name: str) -> str:
    r"""`name` on one line of printable text, with escapes such as \x0a or \u202e.

    Bytes that are not UTF-8 are escaped too, and backslashes are doubled, so that different names
    stay different.
    """
    return augury.printable.printable(name.replace("\\", "\\\\"))


def reason(error: Exception) -> str:
    """The reason why a file cannot be read, shortened: an error may quote much of the file."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, OverflowError):
        return "a number too large for any file"
    words = printable(str(error).partition("\n")[0].rstrip(":"))
    if len(words) > LONGEST_REASON:
        words = f"{words[:LONGEST_REASON]}…"
    return words or type(error).__name__
