"""Results as runs write them, of any accuracy that is asked for; nothing is trained."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from numpy.typing import NDArray

from augury.files import make_folder
from augury.records.cell import Cell
from augury.records.epochs import Epoch, write_epochs
from augury.records.provenance import Provenance
from augury.records.result import Result, RunSpeed, Score, TestScore, write_result
from augury.study.store import RunFolder, write_arrays

Arrays = Mapping[str, NDArray[Any]]

# Two images of each of ten classes: one is called by its class, the other by the next class.
_HALF_RIGHT = tuple(
    tuple(int(column in (row, (row + 1) % 10)) for column in range(10)) for row in range(10)
)


def make_result(cell: Cell, accuracy: float | None = 0.5, **changes: object) -> Result:
    """The result of `cell` with `accuracy` on the test images; `changes`: fields of `Result`."""
    result = Result(
        cell=cell,
        train=Score(loss=1.0, accuracy=0.5),
        validation=None,
        test=TestScore(loss=1.0, accuracy=accuracy, per_class=(0.5,) * 10, confusion=_HALF_RIGHT),
        chosen_epoch=cell.recipe.epochs - 1,
        epochs=cell.recipe.epochs,
        select=cell.recipe.select,
        step_seconds=0.01,
        augment_seconds=0.001,
        speed=RunSpeed("contiguous", "float32", threads=1, device="cpu"),
        teacher=None,
        parameters_count=75_000,
        data_fingerprint=cell.fingerprint,
        provenance=Provenance(),
        seconds=1.0,
    )
    return replace(result, **changes)  # type: ignore[arg-type]


def store_run(
    run: RunFolder,
    result: Result,
    epochs: Iterable[Epoch],
    predictions: Arrays | None = None,
    examples: Arrays | None = None,
) -> None:
    """Write the files of a finished run, the result last."""
    make_folder(run.path)
    write_epochs(run.epochs, epochs)
    for path, arrays in ((run.predictions, predictions), (run.examples, examples)):
        if arrays is not None:
            write_arrays(path, dict(arrays))
    write_result(run.result, result)
