"""Patterns that say how to read folders: photos/*/{class}, or photos/{class}.* for file names.

Each piece matches one level of folders: `{class}` the class, `{part}` train, val or test in any
usual spelling, `*` any folder, and any other text the folder of that name. A last piece that holds
more than `{class}` is matched by the names of files: see `class_in_name`.
"""

from pathlib import Path

from augury.data.folders.class_in_name import CLASS, class_in_name
from augury.data.folders.folder_names import part_named, settled
from augury.data.folders.labels.names import without_labels
from augury.data.folders.listing import Listing
from augury.data.folders.reading import Reading
from augury.data.folders.tree import Folder, listed, sketch
from augury.errors import DataError

PART, ANY = "{part}", "*"

Pattern = tuple[str, ...]


def split_pattern(name: str) -> tuple[Path, Pattern]:
    """The folder or archive of `photos/*/{class}`, and the pieces of its pattern.

    The pattern is empty without `{class}`, if a folder of exactly that name exists, or if the path
    before the pattern does not exist.
    """
    path = Path(name)
    if not any(map(_holds_class, path.parts)) or path.exists():
        return path, ()
    source = next((above for above in path.parents if above.exists()), path)
    pattern = path.parts[len(source.parts) :]
    # If the folder does not exist, the error should name the whole path.
    wild = bool(pattern) and (pattern[0] in (PART, ANY) or _holds_class(pattern[0]))
    missing = source.is_dir() and pattern and not wild
    return (path, ()) if missing else (source, pattern)


def source_of(path: str) -> Path:
    """The folder or archive that `path` names, without how it is to be read."""
    return split_pattern(without_labels(path)[0])[0]


def _holds_class(piece: str) -> bool:
    """Whether a piece of a path is one of a pattern: commas divide data sets, so it has none."""
    return CLASS in piece and "," not in piece


def read_by_pattern(source: Path, tree: Folder, listing: Listing, pattern: Pattern) -> Reading:
    """The class folders or files that match; DataError if none does, or none is for training."""
    written = "/".join(pattern)
    if sum(piece.count(CLASS) for piece in pattern) != 1 or pattern.count(PART) > 1:
        raise DataError(f"{source}: {written}: needs {CLASS} once, and {PART} at most once")
    in_name = pattern[-1] if CLASS in pattern[-1] and pattern[-1] != CLASS else ""
    if any(CLASS in piece and piece != CLASS for piece in pattern[:-1]):
        raise DataError(
            f"{source}: {written}: a piece that holds more than {CLASS} is matched by names of "
            "files, so it must be the last"
        )
    found = _matching_folders(tree, pattern[: len(pattern) - bool(in_name)])
    if not found:
        raise _nothing_fits(source, tree, "no folder fits", written)
    meant = settled(part for part, _ in found.values())
    places = {path: (meant[part], name) for path, (part, name) in found.items()}
    if PART in pattern and "train" not in meant.values():
        raise _nothing_fits(source, tree, "no folder of a train part fits", written)
    note = f"read as {written}/image, as asked"
    if not in_name:
        return Reading(places, PART in pattern, note=note)
    files = {}
    for file in listing.files:
        folder, _, name = file.path.rpartition("/")
        class_name = class_in_name(in_name, name) if folder in places else None
        if class_name is not None:
            files[file.path] = (places[folder][0], class_name)
    if not files:
        names = [file.path.rpartition("/")[2] for file in listing.files]
        raise DataError(f"{source}: no image's name fits {written}; there are {listed(names, 3)}")
    return Reading({}, PART in pattern, note=f"read as {written}, as asked", files=files)


def _matching_folders(tree: Folder, pattern: Pattern) -> dict[str, tuple[str, str]]:
    """The part and the class, "" if no piece is `{class}`, of each folder that matches."""
    found: dict[str, tuple[str, str]] = {}
    waiting = [(tree, 0, "train", "")]
    while waiting:
        folder, depth, part, class_name = waiting.pop()
        if depth == len(pattern):
            found[folder.path] = (part, class_name)
            continue
        for name, inner in folder.folders.items():
            named = part_named(name)
            if pattern[depth] == CLASS:
                waiting.append((inner, depth + 1, part, name))
            elif pattern[depth] == PART and named:
                waiting.append((inner, depth + 1, named.part, class_name))
            elif pattern[depth] in (ANY, name):
                waiting.append((inner, depth + 1, part, class_name))
    return found


def _nothing_fits(source: Path, tree: Folder, what: str, written: str) -> DataError:
    return DataError(f"{source}: {what} {written}; there are {sketch(tree) or 'no folders'}")
