"""Patterns that say how to read folders: photos/*/{class}.

Each piece matches one level of folders: `{class}` the class, `{part}` train, val or test in any
usual spelling, `*` any folder, and any other text the folder of that name.
"""

from pathlib import Path

from augury.data.folders.folder_names import part_named, settled
from augury.data.folders.reading import Reading
from augury.data.folders.tree import Folder, sketch
from augury.errors import DataError

CLASS, PART, ANY = "{class}", "{part}", "*"

Pattern = tuple[str, ...]


def split_pattern(name: str) -> tuple[Path, Pattern]:
    """The folder or archive of `photos/*/{class}`, and the pieces of its pattern.

    The pattern is empty without `{class}`, if a folder of exactly that name exists, or if the path
    before the pattern does not exist.
    """
    path = Path(name)
    if CLASS not in path.parts or path.exists():
        return path, ()
    source = next((above for above in path.parents if above.exists()), path)
    pattern = path.parts[len(source.parts) :]
    # If the folder does not exist, the error should name the whole path.
    missing = source.is_dir() and pattern and pattern[0] not in (CLASS, PART, ANY)
    return (path, ()) if missing else (source, pattern)


def read_by_pattern(source: Path, tree: Folder, pattern: Pattern) -> Reading:
    """The class folders that match; DataError if none does, or none is for training."""
    written = "/".join(pattern)
    if pattern.count(CLASS) != 1 or pattern.count(PART) > 1:
        raise DataError(f"{source}: {written}: needs {CLASS} once, and {PART} at most once")
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
    parts = {part for part, _ in found.values()}
    if not found or (PART in pattern and "train" not in parts):
        what = "no folder of a train part fits" if found else "no folder fits"
        raise DataError(f"{source}: {what} {written}; there are {sketch(tree) or 'no folders'}")
    meant = settled(parts)
    classes = {path: (meant[part], name) for path, (part, name) in found.items()}
    return Reading(classes, PART in pattern, note=f"read as {written}/image, as asked")
