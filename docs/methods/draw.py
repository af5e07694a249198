"""Draw the pictures of the cards: each augmentation on real images, and all of them in one grid.

    python docs/methods/draw.py [--teacher FILE] [NAME ...]

Each picture is what `augury preview cifar10 --augment NAME --out docs/methods/NAME.png` writes,
with `--teacher FILE` for those that look through a network. Here only the maps of the batches that
are shown are computed, and not stored as uint8, so that such a picture may differ by a level.
"""

import argparse
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from augury.augment import AUGMENTATIONS, SALIENCY, build_augmentation, saliency_kinds
from augury.report import preview_figure
from augury.report.pictures import pixels
from augury.saliency import KINDS
from augury.study.planning.settings import read_settings
from augury.study.preview import Preview, preview_new, show
from augury.study.running.prepare import prepare
from augury.study.running.record_batches import augmented_images, example_ids
from augury.training.teacher import load_network

HERE = Path(__file__).parent
COLUMNS = 7
VIEWS = ("resize-crop", "center-crop")  # of images that are larger, as there is nothing to cut else


def previews(
    names: list[str], dataset: str, teacher: str | None, always: bool = False
) -> Iterator[tuple[str, Preview]]:
    """Five training images of `dataset`, seed 0, epoch 0, for each name; always: with p = 1."""
    network = load_network(Path(teacher), torch.device("cpu")) if teacher else None
    for name in names:
        has_p = "p" in inspect.signature(AUGMENTATIONS[name]).parameters
        views = {"image_size": 28, "stored_size": 32} if name in VIEWS else {}
        overrides = {
            **views,
            "datasets": [dataset],
            "augmentations": [name],
            "parameters": {name: {"p": 1.0}} if always and has_p else {},
            "seeds": 1,
        }
        cell, plan, data = preview_new(read_settings(None, None, overrides), None, None)
        if network and name in SALIENCY:
            yield name, seen_through(network, name, cell, plan, data)
        else:
            yield name, show(cell, plan, data, None, epoch=0)


def seen_through(network, name, cell, plan, data) -> Preview:
    """The preview of a method whose maps come from `network`."""
    prepared = prepare(cell, data, plan)
    maps = {kind: KINDS[kind].build(network, network.normalize) for kind in saliency_kinds(name)}
    prepared.training.augmentation = build_augmentation(name, cell.parameters, maps.__getitem__)
    prepared = replace(prepared, sources=list(maps.values()))
    return Preview(cell, 0, augmented_images(prepared, example_ids(prepared, 0), 0), data.classes)


def draw_grid(tiles: list[tuple[str, np.ndarray]], path: Path) -> None:
    """One picture of (title, image (C, H, W) uint8) tiles."""
    rows = -(-len(tiles) // COLUMNS)
    figure = Figure(figsize=(1.35 * COLUMNS, 1.55 * rows), layout="compressed")
    axes = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for place in axes:
        place.set_axis_off()
    for place, (title, image) in zip(axes, tiles, strict=False):
        place.imshow(pixels(image), interpolation="nearest")
        place.set_title(title, fontsize=9)
    figure.savefig(path, dpi=130)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw what the command line, or `arguments`, asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="Default: all.")
    parser.add_argument("--teacher", help="A network trained on CIFAR-10; default: untrained.")
    parser.add_argument("--dataset", default="cifar10")
    parser.add_argument("--out", type=Path, default=HERE, help="The folder; default: of the cards.")
    parser.add_argument("--tile", type=int, default=2, help="Which of the five is in the grid.")
    options = parser.parse_args(arguments)
    names = options.names or list(AUGMENTATIONS)
    for name, shown in previews(names, options.dataset, options.teacher):
        preview_figure(shown, options.out / f"{name}.png")
        print(name, flush=True)
    if not options.names:
        tiles = [
            (name, shown.arrays["augmented"][options.tile])
            for name, shown in previews(names, options.dataset, options.teacher, always=True)
        ]
        draw_grid(tiles, options.out / "grid.png")


if __name__ == "__main__":
    main()
