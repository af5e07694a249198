"""Draw grid.png: one test image of CIFAR-10 under every corruption and severity.

    python docs/explanation/corruptions/draw.py [--image ROW]

ROW is a row of the test set, from 0; the image's id decides its noise and fog.
"""

import argparse
from pathlib import Path

import torch
from matplotlib.figure import Figure
from torch import Tensor

from augury.corruptions import CORRUPTIONS, SEVERITIES, corrupt
from augury.data import load_dataset

HERE = Path(__file__).parent


def draw(image: Tensor, sample: Tensor, path: Path) -> None:
    """image: (1, 3, H, W) uint8; sample: (1,), its id."""
    rows = len(SEVERITIES) + 1
    figure = Figure(figsize=(0.9 * len(CORRUPTIONS), 0.9 * rows), layout="compressed")
    axes = figure.subplots(rows, len(CORRUPTIONS))
    for name, column in zip(CORRUPTIONS, axes.T, strict=True):
        column[0].set_title(name, fontsize=7)
        shown = [image, *(corrupt(image, sample, name, severity) for severity in SEVERITIES)]
        for place, picture in zip(column, shown, strict=True):
            place.imshow(picture[0].permute(1, 2, 0), interpolation="nearest")
            place.set(xticks=[], yticks=[])
    for place, label in zip(axes[:, 0], ("original", *SEVERITIES), strict=True):
        place.set_ylabel(label, fontsize=7)
    figure.savefig(path, dpi=80)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", type=int, default=1)
    row = parser.parse_args().image
    test = load_dataset("cifar10").test.take(slice(row, row + 1))
    draw(torch.from_numpy(test.images.copy()), torch.from_numpy(test.ids.copy()), HERE / "grid.png")


if __name__ == "__main__":
    main()
