"""The power curve: found and predicted, by the true difference and the number of seeds."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from augury.stats import rule_power

# Color of each number of seeds, and at which difference its line is named: between the dots.
_LINES = {
    6: ("#d9720b", 2.75),
    8: ("#8c4a05", 1.75),
    10: ("#8073ac", 2.25),
    15: ("#542788", 1.75),
    20: ("#2d004b", 1.25),
}


def draw_figure(rows: list[dict[str, Any]], path: Path) -> None:
    """Write a PNG. rows: of `power_row`, for several differences and the numbers of seeds here."""
    figure = Figure(figsize=(8, 4.8), layout="constrained")
    axes = figure.subplots()
    for seeds, (color, named_at) in _LINES.items():
        of_seeds = [row for row in rows if row["seeds"] == seeds]
        points = [row["points"] for row in of_seeds]
        found = [100 * row["helps"] / row["studies"] for row in of_seeds]
        grid = np.linspace(points[0], points[-1], 80)
        predicted = [100 * _predicted(point, of_seeds) for point in grid]
        axes.plot(grid, predicted, color=color, linestyle=(0, (4, 2)), linewidth=1.2)
        axes.plot(points, found, color=color, marker="o", markersize=5, linestyle="none")
        axes.text(
            named_at,
            float(np.interp(named_at, grid, predicted)),
            f"{seeds} seeds" if seeds == min(_LINES) else str(seeds),
            color=color,
            ha="center",
            va="center",
            fontweight="bold",
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5},
        )
    note = f"dots: found in {rows[0]['studies']} simulated studies each\ndashed: predicted"
    axes.text(0.98, 0.08, note, transform=axes.transAxes, ha="right", linespacing=1.5)
    axes.set_xlabel("true difference (percentage points)")
    axes.set_ylabel("studies in which the rule says “helps” (%)")
    axes.set_xlim(0, max(row["points"] for row in rows) + 0.1)
    axes.set_ylim(-1, 103)
    axes.grid(axis="y", color="0.9", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=200)


def _predicted(points: float, of_seeds: list[dict[str, Any]]) -> float:
    """`rule_power` between the differences that were planted."""
    planted = [row["points"] for row in of_seeds]
    deviation, error = (
        float(np.interp(points, planted, [row[name] for row in of_seeds]))
        for name in ("deviation", "image_error")
    )
    return rule_power(points, deviation, of_seeds[0]["seeds"], 1, None, error)
