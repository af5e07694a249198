"""A result as a run would write it, of any wanted accuracy; nothing is trained."""

from dataclasses import replace

from augury.records.cell import Cell
from augury.records.provenance import Provenance
from augury.records.result import Result, RunSpeed, Score, TestScore

# Of each of ten classes one image is called by it and one by the next.
_HALF_RIGHT = tuple(
    tuple(int(column in (row, (row + 1) % 10)) for column in range(10)) for row in range(10)
)


def fake_result(cell: Cell, accuracy: float | None = 0.5, **changes: object) -> Result:
    """Of `cell`, with `accuracy` on the test images; `changes` are fields of `Result`."""
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
