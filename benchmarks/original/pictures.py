"""The pictures that the report had: five images, erased ones, salient ones, and learning curves."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.original.reading import CASES, Joined, Run

from augury.errors import InputError
from augury.files import atomic_file
from augury.inside import is_there
from augury.report.drawing import Axes, Figure, usual_style
from augury.report.pictures import map_pixels, pixels
from augury.stats import to_points

Row = tuple[str, list[np.ndarray]]  # its title, and pictures (H, W) or (H, W, 3) uint8

_COLORS = {
    "none": "#7a828c",
    "normal": "#1a5fa8",
    "random-erasing": "#c8641a",
    "salience": "#9a4fa3",
}
_TILE, _PANEL, _KEY, _DPI = 1.1, 2.2, 1.8, 110  # inches, and dots an inch


def draw_pictures(joined: Joined, folder: Path) -> list[Path]:
    """Write all four into `folder`; their paths.

    Images come from the first network that has the case, in the order of the studies.
    Raises InputError where no run of a case has kept examples.
    """
    folder.mkdir(parents=True, exist_ok=True)
    normal, salient = _kept("normal", "augmented"), _kept("salience", "augmented")
    grids: dict[str, dict[str, Callable[[Joined, str], list[np.ndarray]]]] = {
        "images": {"": _kept("none", "originals")},
        "erased": {
            "original": _kept("random-erasing", "originals"),
            "erased": _kept("random-erasing", "augmented"),
        },
        "salient": {"normal": normal, "map": _kept("salience", "maps"), "salient": salient},
    }
    paths = []
    for name, kinds in grids.items():
        rows = [
            (f"{dataset}\n{title}".strip(), pictures(joined, dataset))
            for dataset in joined.datasets
            for title, pictures in kinds.items()
        ]
        paths.append(folder / f"{name}.png")
        draw_rows(rows, paths[-1])
    paths.append(folder / "curves.png")
    draw_curves(joined, paths[-1])
    return paths


def _kept(case: str, array: str) -> Callable[[Joined, str], list[np.ndarray]]:
    """Reads one array of the examples that the case's first run on a data set has kept."""

    def pictures(joined: Joined, dataset: str) -> list[np.ndarray]:
        for run in joined.runs.values():
            path = run.folder / "examples.npz"
            if run.key[0] == dataset and run.key[2] == case and is_there(path):
                with np.load(path, allow_pickle=False) as arrays:
                    return [_picture(each) for each in arrays[array]]
        raise InputError(f"{dataset}, {case}: no run has kept its examples")

    return pictures


def _picture(array: np.ndarray) -> np.ndarray:
    return map_pixels(array) if array.ndim == 2 else pixels(array)


@usual_style()
def draw_rows(rows: Sequence[Row], path: Path) -> None:
    """Write a PNG: the pictures of each row side by side, with the row's title to the left."""
    columns = max(len(pictures) for _, pictures in rows)
    figure = Figure(figsize=(_TILE * columns + 1.4, _TILE * len(rows)), layout="compressed")
    grid = figure.subplots(len(rows), columns, squeeze=False)
    for places, (title, pictures) in zip(grid, rows, strict=True):
        for place in places:
            place.set_axis_off()
        for place, picture in zip(places, pictures, strict=False):
            place.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        first = places[0]
        first.text(-0.1, 0.5, title, ha="right", va="center", fontsize=9, transform=first.transAxes)
    _save(figure, path)


@usual_style()
def draw_curves(joined: Joined, path: Path) -> None:
    """Write a PNG: accuracy after each epoch, a panel for each data set and network.

    Dashed on the augmented training images, solid on validation images; means over seeds.
    """
    datasets = joined.datasets
    every = dict.fromkeys(n for dataset in datasets for n in joined.networks(dataset))
    networks = [network for network in every if _has_runs(joined, network)]
    size = _PANEL * len(networks) + 0.8, _PANEL * len(datasets) + 0.8
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(datasets), len(networks), squeeze=False, sharey=True)
    for axes_row, dataset in zip(grid, datasets, strict=True):
        for axes, network in zip(axes_row, networks, strict=True):
            axes.set_title(f"{network.removeprefix('timm:')}\n{dataset}", fontsize=9)
            _curves(axes, joined, dataset, network)
        axes_row[0].set_ylabel("accuracy, %", fontsize=9)
    for axes in grid[-1]:
        axes.set_xlabel("epoch", fontsize=9)
    handles = [_line(color, "-") for color in _COLORS.values()]
    handles += [_line("#1d2126", "--"), _line("#1d2126", "-")]
    names = [*_COLORS, "training images, augmented", "validation images"]
    columns = max(1, min(len(names), int(size[0] / _KEY)))
    place = {"loc": "outside lower center", "ncols": columns}
    figure.legend(handles, names, fontsize=8, frameon=False, **place)
    _save(figure, path)


def _has_runs(joined: Joined, network: str) -> bool:
    return any(key[1] == network for key in joined.runs)


def _curves(axes: Axes, joined: Joined, dataset: str, network: str) -> None:
    for case in CASES:
        runs = list(joined.of(dataset, network, case).values())
        if not runs:
            continue
        training, validation = training_curve(runs), validation_curve(runs)
        epochs = np.arange(1, len(training) + 1)
        axes.plot(epochs, training, color=_COLORS[case], linestyle="--", linewidth=0.9)
        if validation is not None:
            axes.plot(epochs, validation, color=_COLORS[case], linewidth=1.3)
    axes.set_ylim(0, 100)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def training_curve(runs: Sequence[Run]) -> np.ndarray:
    """Accuracy after each epoch, %, mean over runs; on augmented images, while weights change."""
    each = [[to_points(epoch.accuracy) for epoch in run.epochs] for run in runs]
    return np.mean(each, axis=0)


def validation_curve(runs: Sequence[Run]) -> np.ndarray | None:
    """Mean over runs, %; None without validation images, NaN in epochs without a look at them."""
    each = [[_points(epoch.validation_accuracy) for epoch in run.epochs] for run in runs]
    means = np.mean(each, axis=0)
    return None if np.isnan(means).all() else means


def _points(accuracy: float | None) -> float:
    return np.nan if accuracy is None else to_points(accuracy)


def _line(color: str, style: str):
    from matplotlib.lines import Line2D

    return Line2D([], [], color=color, linestyle=style, linewidth=1.3)


def _save(figure: Figure, path: Path) -> None:
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=_DPI)
