"""Tables of simulated searches, in Markdown."""

from itertools import pairwise
from typing import Any

import numpy as np
from benchmarks.aa.tables import rate, table

from .optimism import EDGES


def outcome_table(rows: list[dict[str, Any]]) -> str:
    head = [
        *("what is searched", "searches", "found a combination", "with a part that adds nothing"),
        *("steps say", "true", "overstated by", "test says", "test: helps", "runs of the steps"),
    ]
    return table(head, [_outcome(row) for row in rows])


def _outcome(row: dict[str, Any]) -> list[str]:
    searches, winners = row["searches"], row["winners"]
    cells = [row["landscape"], f"{searches:,}", rate(winners, searches)]
    if not winners:
        return [*cells, *["–"] * 6, f"{row['runs'] / searches:.0f}"]
    over, squares = row["overstated"]["sum"] / winners, row["overstated"]["squares"] / winners
    error = float(np.sqrt(max(squares - over**2, 0.0) / winners))
    return [
        *cells,
        rate(row["a part too many"], winners),
        f"{row['gain'] / winners:.2f}",
        f"{row['true'] / winners:.2f}",
        f"{over:.2f} ± {1.96 * error:.2f}",
        f"{row['test difference'] / winners:.2f}",
        rate(row["test helps"], winners),
        f"{row['runs'] / searches:.0f}",
    ]


def forced_table(rows: list[dict[str, Any]]) -> str:
    """False claims of a test that every search makes, of what looked best, where nothing helps."""
    head = ["what is searched", "tests", "false “helps” or “hurts”"]
    return table(
        head,
        [
            [row["landscape"], f"{row['forced']:,}", rate(row["forced claims"], row["forced"])]
            for row in rows
        ],
    )


def optimism_table(rows: list[dict[str, float]]) -> str:
    names = [f"under {EDGES[0]:g}"]
    names += [f"{low:g} to {high:g}" for low, high in pairwise(EDGES)]
    names.append(f"{EDGES[-1]:g} and more")
    head = ["difference of the chosen arm, deviations", "steps", "overstated by, deviations"]
    return table(
        head,
        [
            [name, f"{row['steps']:,.0f}", f"{row['mean']:.3f} ± {1.96 * row['error']:.3f}"]
            for name, row in zip(names, rows, strict=True)
        ],
    )
