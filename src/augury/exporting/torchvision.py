"""torchvision's transforms v2: one image at a time, and mixing in the collate function."""

from collections.abc import Sequence
from typing import Any

from augury.augment.base import Augmentation
from augury.exporting.piece import (
    TORCH_DRAWS,
    Order,
    Piece,
    cannot,
    classes_line,
    flat,
    header,
    joined,
    list_block,
    notes_of,
    size_lines,
    written,
)
from augury.exporting.torchvision_table import LIBRARY, TABLE

VERSIONS = "torchvision 0.26 to 0.29, transforms v2"


def code(augmentation: Augmentation[Any], order: Order) -> str:
    """`transform` for a data set, and `collate` for a loader where images are mixed.

    Raises InputError for what torchvision cannot express.
    """
    parts = flat(augmentation)
    pieces = written(parts, TABLE, LIBRARY)
    mixing = [part for part in parts if part.mixes]
    if mixing != parts[len(parts) - len(mixing) :]:
        raise cannot(LIBRARY, order.name, "its transforms of one image come before mixing")
    notes = notes_of(parts, pieces)
    image_calls = _with_floats(pieces[: len(parts) - len(mixing)])
    mix_calls = [call for piece in pieces[len(parts) - len(mixing) :] for call in piece.calls]
    imports = ["import torch", "from torchvision.transforms import v2"]
    if mixing:
        imports.insert(1, "from torch.utils.data import default_collate")
    sizes = "" if parts and parts[0].frames else " of images of one size"
    names = size_lines(order, image_calls)
    names += [classes_line(order)] if mixing else []
    return joined(
        header(order, LIBRARY, VERSIONS, [*notes, TORCH_DRAWS] if parts else []),
        imports,
        names,
        [
            f"# For a data set{sizes}: ImageFolder(folder, transform=transform)",
            *list_block("transform = v2.Compose", image_calls),
        ],
        _collate(mix_calls),
    )


def _with_floats(pieces: Sequence[Piece]) -> list[str]:
    """The calls for one image, which becomes float where a transform needs it, at the end else."""
    at = next((i for i, piece in enumerate(pieces) if piece.floats), len(pieces))
    if any(piece.levels for piece in pieces[at:]):
        raise cannot(LIBRARY, "JPEG after RandomErasing", "one takes levels, the other floats")
    before, after = (
        [c for piece in some for c in piece.calls] for some in (pieces[:at], pieces[at:])
    )
    return ["v2.ToImage()", *before, "v2.ToDtype(torch.float32, scale=True)", *after]


def _collate(calls: Sequence[str]) -> list[str]:
    if not calls:
        return []
    return [
        *list_block("mix = v2.Compose", calls),
        "",
        "",
        "def collate(samples):",
        '    """For a loader: DataLoader(dataset, batch_size, collate_fn=collate, ...)."""',
        "    images, labels = default_collate(samples)",
        "    return mix(images, torch.nn.functional.one_hot(labels, NUM_CLASSES).float())",
    ]
