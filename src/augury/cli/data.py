"""`augury data`."""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table
from rich.text import Text

from augury.cli.guard import guarded
from augury.cli.output import print_json
from augury.data.dataset import Dataset, Split
from augury.data.location import check_output, data_title, is_path, load_dataset
from augury.data.own.names import named_sources
from augury.data.split import split_validation
from augury.errors import DiskError
from augury.names import bounded
from augury.own.kinds import DATASET
from augury.own.trust import point_to
from augury.seeds import numpy_generator
from augury.terminal.loading_progress import data_progress, few_of_each_reason
from augury.terminal.printer import out

_SHOWN = 5
_LONGEST_NAME = 200  # bytes; a file's name may have 255


@guarded
def data(
    name: Annotated[str, typer.Argument(help="A data set's name, or a path.", metavar="NAME|PATH")],
    data_dir: Annotated[
        Path | None, typer.Option("--data", metavar="DIR", help="Where data sets lie.")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="CSV tables of a folder's labels: FILE, or FILE:IMAGES,LABELS.")
    ] = "",
    image_size: Annotated[int | None, typer.Option(help="Side of the images, pixels.")] = None,
    validation: Annotated[float, typer.Option(help="Share held out for validation.")] = 0.3,
    seed: Annotated[int, typer.Option(min=0, help="Of the split and of the images shown.")] = 0,
    folder: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the figures are written.")
    ] = Path("."),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find, download or decode a data set, say what is in it, and draw five of its images."""
    point_to(named_sources([name]), DATASET)
    check_output(folder, name, f"the figures in {folder}", f"{data_title(name)}-figures")
    with data_progress() as progress:
        dataset = load_dataset(
            name, data_dir=data_dir, image_size=image_size, labels=labels or (), progress=progress
        )
    train, held_out = split_validation(dataset, validation, seed)
    parts = {"train": train, "validation": held_out, "test": dataset.test}
    facts = _facts(dataset, parts)
    facts["figures"] = [str(path) for path in _draw(dataset, train, seed, folder)]
    if as_json:
        print_json(facts)
    else:
        _print(dataset, facts, is_path(name))


def _facts(dataset: Dataset, parts: dict[str, Split]) -> dict[str, Any]:
    k = dataset.num_classes
    return {
        "name": dataset.name,
        "source": dataset.source,
        "fingerprint": dataset.fingerprint,
        "classes": list(dataset.classes),
        "notes": list(dataset.notes),
        "set_aside": [vars(file) for file in dataset.set_aside],
        "parts": {
            part: {
                "images": list(split.images.shape),
                "labels": [len(split), 1],
                "one_hot": [len(split), k],
                "counts": np.bincount(split.labels, minlength=k).tolist(),
            }
            for part, split in parts.items()
        },
    }


def _print(dataset: Dataset, facts: dict[str, Any], from_folder: bool) -> None:
    title = f"{dataset.name}: {dataset.source}, {dataset.num_classes} classes"
    out.print(title, style="bold", markup=False)
    told = any("read as" in note or note.startswith("labels from") for note in dataset.notes)
    if from_folder and not told:
        out.print(f"  read as {_usual_layout(dataset)}")
    for note in dataset.notes:
        out.print(f"  {note}", markup=False)
    shapes = Table(box=None, pad_edge=False)
    for heading in ("part", "images", "labels", "one-hot"):
        shapes.add_column(heading)
    for part, sizes in facts["parts"].items():
        shapes.add_row(part, *(str(tuple(sizes[key])) for key in ("images", "labels", "one_hot")))
    out.print(shapes)
    counts = Table(box=None, pad_edge=False)
    counts.add_column("class")
    for part in facts["parts"]:
        counts.add_column(part, justify="right")
    for row, title in enumerate(dataset.classes):
        counts.add_row(Text(title), *(str(p["counts"][row]) for p in facts["parts"].values()))
    out.print(counts)
    if dataset.set_aside:
        out.print(f"{len(dataset.set_aside)} files set aside:", style="yellow")
        for line in few_of_each_reason(dataset.set_aside):
            out.print(f"  {line}", markup=False, soft_wrap=True)
    for figure in facts["figures"]:
        out.print(f"figure: {figure}", markup=False, soft_wrap=True)


def _usual_layout(dataset: Dataset) -> str:
    """The layout of the folders, for a data set whose notes do not tell it."""
    held_out = any(note.startswith("no test part") for note in dataset.notes)
    parts = ["val"] if dataset.validation is not None else []
    parts += [] if held_out else ["test"]
    return f"{'|'.join(['train', *parts])}/class/image" if parts else "class/image"


def _draw(dataset: Dataset, train: Split, seed: int, folder: Path) -> list[Path]:
    """Five random training images in a row, and the same before and after normalization."""
    from augury.report.figures import comparison_grid, image_row

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"cannot make the folder {folder}: {error.strerror}") from error
    count = min(_SHOWN, len(train))
    rows = numpy_generator("shown", seed).choice(len(train), count, replace=False)
    chosen = train.take(rows)
    titles = [str(i) for i in chosen.ids]
    name = bounded(dataset.name, _LONGEST_NAME)
    images = folder / f"{name}-images.png"
    image_row(chosen.images, titles, images)
    normalized = folder / f"{name}-normalization.png"
    columns = [("pixels", chosen.images), ("normalized", _normalized(chosen, train))]
    comparison_grid(columns, titles, normalized)
    return [images, normalized]


def _normalized(chosen: Split, train: Split) -> np.ndarray:
    """Normalized images, drawn with -3 to 3 standard deviations as black to white."""
    import torch

    from augury.batch import to_float, to_uint8
    from augury.training import Normalize, channel_statistics

    normalize = Normalize(*channel_statistics(train.images))
    values = normalize(to_float(torch.from_numpy(np.array(chosen.images))))
    return to_uint8((values + 3).div(6).clamp(0, 1)).numpy()
