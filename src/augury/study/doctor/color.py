"""What an arm cannot do to images of one channel."""

from collections.abc import Iterator

from augury.data import Dataset
from augury.errors import InputError
from augury.records.cell import Cell
from augury.study.doctor.notice import Notice
from augury.study.doctor.opening import Opened
from augury.study.planning.arms import check_color, idle_operations


def color_notices(opened: Opened) -> Iterator[Notice]:
    """Notices on arms of which a part, or all, is about color that the images do not have."""
    once = {(cell.dataset, cell.augmentation): cell for cell in opened.plan.cells}
    for (name, _), cell in once.items():
        if name in opened.datasets:
            yield from _notices(cell, opened.datasets[name], opened)


def _notices(cell: Cell, dataset: Dataset, opened: Opened) -> Iterator[Notice]:
    try:
        check_color([cell], dataset, opened.begun)
    except InputError as error:
        yield Notice("problem", dataset.name, "one-channel", 1, str(error))
        return
    idle, others = idle_operations(cell, dataset)
    if idle and not others:
        words = f"{cell.augmentation} changes nothing: its images have one channel, and no color"
        yield Notice("warning", dataset.name, "one-channel", 1, words)
    elif idle:
        leave = "leaves" if len(idle) == 1 else "leave"
        words = (
            f"{len(idle)} of {len(idle) + len(others)} operations of {cell.augmentation} {leave} "
            f"images of one channel as they are: {', '.join(idle)}"
        )
        yield Notice("fine", dataset.name, "one-channel", len(idle), words)
