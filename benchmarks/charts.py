"""Draw the charts of a machine's results.

python -m benchmarks.charts benchmarks/results/MACHINE.json --folder docs/explanation/performance
"""

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl

from augury.report.drawing import Axes, Figure, usual_style

FOLDER = Path(__file__).parent.parent / "docs" / "explanation" / "performance"

# Those of the report, on its light page.
_PAGE, _INK, _SOFT, _FAINT = "#fcfcfa", "#1d2126", "#5a626c", "#e4e5e1"
_COLORS = ("#1a5fa8", "#c8641a", "#2b8a5c", "#9a4fa3", "#b08a00", "#0f8fa6", "#7a828c")
_BAR = 0.17  # inches


def draw_all(file: Path, folder: Path) -> list[Path]:
    """Write an SVG for each section of `file` that has bars; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn = []
    for letter, section in json.loads(file.read_text()).items():
        if section["bars"] and section["bars"]["groups"]:
            path = folder / f"{file.stem}-{letter.lower()}.svg"
            draw(section, path)
            drawn.append(path)
    return drawn


@usual_style()
def draw(section: dict[str, Any], path: Path) -> None:
    """Horizontal bars, a color for each label, groups below one another."""
    bars = section["bars"]
    groups = bars["groups"]
    labels = list(dict.fromkeys(label for group in groups.values() for label in group))
    colors = {label: _COLORS[i % len(_COLORS)] for i, label in enumerate(labels)}
    lines = sum(len(group) + 1 for group in groups.values())
    figure = Figure(figsize=(8, 1.2 + _BAR * lines), layout="constrained", facecolor=_PAGE)
    axes = figure.subplots()
    axes.set_facecolor(_PAGE)
    named, ticks, y = set(), {}, 0
    for name, group in groups.items():
        ticks[y + (len(group) - 1) / 2] = name
        for label, value in group.items():
            shown = None if label in named else label
            axes.barh(y, value, height=0.86, color=colors[label], label=shown)
            axes.text(value, y, f" {_three_digits(value)}", va="center", fontsize=7, color=_SOFT)
            named.add(label)
            y += 1
        y += 1
    axes.set_yticks(list(ticks), list(ticks.values()), fontsize=8, color=_INK)
    if bars["goal"]:
        axes.axvline(bars["goal"], color=_INK, linewidth=1, linestyle=(0, (4, 2)))
    if bars["logarithmic"]:
        axes.set_xscale("log")
    _finish(axes, section, len(named))
    # Without date and random names a chart that is drawn again is the same file.
    with mpl.rc_context({"svg.hashsalt": "augury"}):
        figure.savefig(path, metadata={"Date": None})


def _finish(axes: Axes, section: dict[str, Any], labels: int) -> None:
    axes.invert_yaxis()
    axes.margins(x=0.12, y=0.01)
    axes.set_xlabel(section["bars"]["what"], color=_INK, fontsize=9)
    rows = -(-labels // 4) if labels > 1 else 0
    axes.set_title(section["title"], color=_INK, fontsize=10, loc="left", pad=8 + 13 * rows)
    axes.grid(axis="x", color=_FAINT, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(axis="both", length=0, labelcolor=_SOFT)
    axes.spines[["top", "right", "left", "bottom"]].set_visible(False)
    if labels > 1:
        # Above the bars, where it stands beside the first of a long chart, too.
        axes.legend(
            fontsize=8,
            frameon=False,
            labelcolor=_INK,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=4,
        )


def _three_digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("file", type=Path)
    options.add_argument("--folder", type=Path, default=FOLDER)
    given = options.parse_args()
    for path in draw_all(given.file, given.folder):
        print(path)


if __name__ == "__main__":
    main()
