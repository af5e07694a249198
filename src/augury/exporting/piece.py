"""An augmentation as another library's code, in pieces: what all targets share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from augury.augment.base import Augmentation
from augury.augment.chain import Chain
from augury.augment.geometry.crop import Crop
from augury.augment.geometry.flip import Flip
from augury.augment.geometry.quarter_turns import QuarterTurns
from augury.augment.geometry.resampling import Geometric
from augury.augment.none import Identity
from augury.errors import InputError
from augury.printable import printable

STORED = "augury cuts from the center square where it stores no more, this from the whole image"
TWICE = "each step interpolates by itself; augury interpolates once for neighbors that move pixels"
TORCH_DRAWS = "draws come from torch's generator, not from seed, epoch and the image's id"
FULL = "a rectangle as high or wide as the image is drawn again; augury lets it be"
LEVELS = "pixels are rounded to whole levels after each step; augury keeps fractions"


@dataclass(frozen=True)
class Order:
    """What is exported.

    name: of the arm; image_size: pixels; None where the user must say it; stored_size: of larger
    images that a view is cut from, pixels; version: augury's; pictures: whether a view is cut from
    whole pictures
    """

    name: str
    image_size: int | None = None
    num_classes: int | None = None
    stored_size: int | None = None
    version: str = ""
    pictures: bool = False


@dataclass(frozen=True)
class Piece:
    """One augmentation in another library. calls: its transforms, in order; notes: what differs.

    rounds: the library rounds to whole levels where augury does not. floats: it needs floats;
    levels: it needs uint8.
    """

    calls: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    rounds: bool = False
    floats: bool = False
    levels: bool = False


Table = Mapping[type, Callable[[Any], Piece]]
"""How each class is written; raises InputError for arguments that the library cannot express."""


def flat(augmentation: Augmentation[Any]) -> list[Augmentation[Any]]:
    """The parts in order, those of chains within chains too; `none` has no part."""
    if isinstance(augmentation, Chain):
        return [part for each in augmentation.parts for part in flat(each)]
    return [] if isinstance(augmentation, Identity) else [augmentation]


def written(parts: Sequence[Augmentation[Any]], table: Table, library: str) -> list[Piece]:
    """A piece for each part; InputError names the first that `library` cannot express."""
    return [_written(part, table, library) for part in parts]


def _written(part: Augmentation[Any], table: Table, library: str) -> Piece:
    name = type(part).__name__
    if type(part) not in table:
        raise cannot(library, name, "it has nothing that does the same")
    return table[type(part)](part)


def apart_from_mixing(
    parts: Sequence[Augmentation[Any]], pieces: Sequence[Piece], order: Order, library: str
) -> tuple[list[str], str]:
    """The calls of one image each, and the one that mixes, "" where none does.

    Raises InputError where a part mixes that is not the last one.
    """
    mixing = [part for part in parts if part.mixes]
    if len(mixing) > 1 or mixing != parts[len(parts) - len(mixing) :]:
        raise cannot(library, order.name, "mixing comes once, and last")
    calls = [call for piece in pieces for call in piece.calls]
    mix = calls.pop() if mixing else ""
    return calls, mix


def pair_text(value: Any) -> str:
    """A number, or a pair of numbers, as an argument."""
    return str(tuple(value)) if isinstance(value, list | tuple) else str(value)


def cannot(library: str, what: str, why: str) -> InputError:
    """The error for what a library cannot express."""
    return InputError(
        f"{library} cannot express {what}: {why}. --to python exports every augmentation"
    )


def notes_of(parts: Sequence[Augmentation[Any]], pieces: Sequence[Piece]) -> list[str]:
    """What differs, each once: what the pieces say, and what they are together."""
    notes = [note for piece in pieces for note in piece.notes]
    if any(piece.rounds for piece in pieces):
        notes.append(LEVELS)
    if _interpolated_twice(parts):
        notes.append(TWICE)
    return list(dict.fromkeys(notes))


def _interpolated_twice(parts: Sequence[Augmentation[Any]]) -> bool:
    """Whether neighbors that move pixels are interpolated one after the other."""
    run = 0
    for part in parts:
        if not isinstance(part, Geometric):
            run = 0
        elif not isinstance(part, Flip | Crop | QuarterTurns):
            run += 1
        if run > 1:
            return True
    return False


def header(order: Order, library: str, versions: str, notes: Sequence[str]) -> list[str]:
    """The first lines of a file: what it is, for which versions, and what differs."""
    lines = [
        f"# The augmentation {printable(order.name)} for {library}.",
        f"# Written by augury {order.version} for {versions}.",
    ]
    if order.pictures:
        notes = [note for note in notes if note != STORED]
    if not notes:
        return [*lines, "# It means the same as in augury."]
    return [*lines, "# What differs from augury:", *(f"# - {printable(note)}" for note in notes)]


def size_lines(order: Order, calls: Sequence[str]) -> list[str]:
    """The lines that define SIZE and STORED, as far as the calls name them."""
    told = "" if order.image_size else ": write yours"
    lines = [f"SIZE = {order.image_size or 224}  # side of the images, pixels{told}"]
    if any("STORED" in call for call in calls):
        stored = str(order.stored_size or "round(8 / 7 * SIZE)")
        return [*lines, f"STORED = {stored}  # the shorter side, before a window is cut"]
    return lines if any("SIZE" in call for call in calls) else []


def view_size(part: Any) -> str:
    """(height, width) of the view that a part cuts."""
    return str(tuple(part.size)) if part.size else "(SIZE, SIZE)"


def classes_line(order: Order) -> str:
    """The line that defines NUM_CLASSES."""
    told = "" if order.num_classes else ": write yours"
    return f"NUM_CLASSES = {order.num_classes or 10}  # of your data{told}"


def block(name: str, calls: Sequence[str]) -> list[str]:
    """The call `name` with arguments, one on each line, as formatters of Python lay it out."""
    return [f"{name}(", *(f"    {call}," for call in calls), ")"] if calls else [f"{name}()"]


def list_block(name: str, calls: Sequence[str]) -> list[str]:
    """The call `name` with a list, one element on each line."""
    return [f"{name}(", "    [", *(f"        {call}," for call in calls), "    ]", ")"]


def joined(*sections: Sequence[str]) -> str:
    """A file from its sections, with an empty line between two; empty sections are left out."""
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"
