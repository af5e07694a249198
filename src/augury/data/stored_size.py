"""At which side pictures are stored where an augmentation cuts what the network sees from them."""

from augury.data.dataset import LARGEST_IMAGE, SMALLEST_IMAGE, Progress
from augury.data.location import is_path, read_path
from augury.data.own.names import is_stored

NOTABLE = 0.005
"""A smaller share of the pictures' area beyond their center squares is not worth keeping."""


def with_room(seen: int) -> int:
    """The usual side to cut `seen` pixels from, 8/7 of it: 256 for 224, 128 for 112."""
    return min(round(8 * seen / 7), LARGEST_IMAGE)


def seen_of(stored: int) -> int:
    """The side that is usually cut from `stored` pixels, 7/8 of it."""
    return max(round(7 * stored / 8), SMALLEST_IMAGE)


def sides_with_room(
    name_or_path: str, seen: int | None, progress: Progress | None = None
) -> tuple[int | None, int | None]:
    """(seen, stored) sides in pixels, where the pictures are large enough; else (`seen`, None).

    That is so where at least half of the pictures of a folder or archive, or the images of a data
    set that was given as an object, are as large as what is stored. Others are not: nothing can be
    cut from the images of CIFAR-10 but what was made up by enlarging them.
    """
    if is_path(name_or_path):
        from augury.data.folders.picture_sizes import picture_sizes

        sizes = picture_sizes(*read_path(name_or_path), progress)
        wanted, there = seen or sizes.usual, sizes.shorter
    elif is_stored(name_or_path) and seen is not None:
        from augury.data.own.stored import load_stored

        wanted, there = seen, load_stored(name_or_path, None).stored_size
    else:
        return seen, None
    stored = with_room(wanted)
    return (wanted, stored) if wanted < stored <= there else (seen, None)


def are_longer(name_or_path: str, progress: Progress | None = None) -> bool:
    """Whether the pictures of a folder or archive reach beyond their center squares."""
    if not is_path(name_or_path):
        return False
    from augury.data.folders.picture_sizes import picture_sizes

    return picture_sizes(*read_path(name_or_path), progress).cut_off >= NOTABLE
