"""E. The study of the digits with six seeds an arm, as it was published: time, cells, verdicts.

    python -m benchmarks.digits_study [--out benchmarks/results] [--folder DIR]

Once, since it takes minutes. What it takes beside its cells is its time by the clock less that in
which a cell ran.
"""

import tempfile
from pathlib import Path

from benchmarks.commands import CellTimes, Ran, augury, cell_times
from benchmarks.outcome import Bars, Goal, Outcome, Row, parser, tell

from augury.records.verdicts import ArmVerdict, read_verdicts

# In docs/results/first-study.md, on two kinds of machine.
EXPECTED = {"normal": "hurts", "random-erasing": "not shown", "salience-blend": "hurts"}
SECONDS, SECONDS_GPU = 75, 25
OVERHEAD, OVERHEAD_GPU = 8, 12
SEEDS = ("--seeds", "6")
SHORT = ("--seeds", "1", "--epochs", "1", "--corruptions", "0", "--train-limit", "40")
SHORT += ("--test-limit", "40", "--augment", "none,normal")
TITLE = "The digits study"


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--folder", type=Path, help="where the study is kept; default: nowhere")
    options.add_argument("--workers", help="default: augury's")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.folder or Path(name) / "study"
        words = [*(SHORT if given.short else SEEDS), "--out", str(folder)]
        words += ["--workers", given.workers] if given.workers else []
        ran = augury("study", *words, device=given.device)
        cells = cell_times(folder)
        verdicts = read_verdicts(folder / "verdicts.json")
    found = verdicts.comparisons if verdicts else ()
    on_gpu = given.device.startswith("cuda")
    bars = Bars(
        "seconds by the clock",
        {"the digits": {"cells": cells.busy, "beside them": ran.seconds - cells.busy}},
        goal=SECONDS_GPU if on_gpu else SECONDS,
    )
    rows = [row_of(ran, cells)]
    notes = [f"{one.augmentation}: {one.words}" for one in found]
    tell(Outcome("E", TITLE, rows, goals(ran, cells, found, on_gpu), bars, notes), given)


def row_of(ran: Ran, cells: CellTimes) -> Row:
    return {
        "cells": cells.cells,
        "seconds": ran.seconds,
        "processor seconds": ran.processor,
        "seconds of all cells": cells.seconds,
        "seconds with a cell running": cells.busy,
        "seconds beside": ran.seconds - cells.busy,
    }


def goals(ran: Ran, cells: CellTimes, found: tuple[ArmVerdict, ...], on_gpu: bool) -> list[Goal]:
    limit, overhead = (SECONDS_GPU, OVERHEAD_GPU) if on_gpu else (SECONDS, OVERHEAD)
    beside = ran.seconds - cells.busy
    verdicts = {one.augmentation: one.verdict for one in found}
    shown = ", ".join(f"{arm} {verdict}" for arm, verdict in verdicts.items())
    return [
        Goal(f"all of it ≤ {limit} s", f"{ran.seconds:.1f} s", ran.seconds <= limit),
        Goal(f"its time less its cells' ≤ {overhead} s", f"{beside:.1f} s", beside <= overhead),
        Goal("the verdicts of docs/results/first-study.md", shown, verdicts == EXPECTED),
    ]


if __name__ == "__main__":
    main()
