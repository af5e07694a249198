"""How far from the lowest energy the masks of `puzzlemix` are.

python benchmarks/puzzlemix_gap.py
python benchmarks/puzzlemix_gap.py cifar10 --teacher PATH/checkpoint/model.safetensors

For each grid and source of saliency, prints the mean and the largest relative gap between the
energy of our mask and that of an exact minimum cut (SciPy's maximum flow), and the share of masks
without one. Sources: noise; photographs (crops of scikit-learn's two, with the size of their color
gradient); with a data set and a trained network, its training images and the gradient of its loss.
The energy's equation and the cut are those of the tests.
"""

import argparse
import os
import platform
import sys
from pathlib import Path

import numpy as np
import torch

from augury.data import batches, load_dataset, split_validation
from augury.saliency import KINDS
from augury.training.teacher import load_network

sys.path.append(str(Path(__file__).parents[1] / "tests" / "augment"))

from puzzle_gap import gaps, noise, photographs

GRIDS = (2, 4, 8, 16)
# A gap below this is rounding: energies are compared in float32.
NO_GAP = 1e-6


def loss_gradients(dataset: str, teacher: Path, n: int) -> tuple[np.ndarray, np.ndarray]:
    """(n, C, H, W) float64 training images and the saliency (n, H, W) of the network's loss."""
    data = load_dataset(dataset)
    train, _ = split_validation(data, 0.3, 0)
    network = load_network(teacher, torch.device("cpu"))
    (batch,) = batches(train.take(np.arange(n)), data.num_classes, n, np.arange(n))
    maps = KINDS["loss-gradient"].build(network, network.normalize)(batch)
    return batch.images.double().div(255).numpy(), maps.double().numpy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", nargs="?")
    parser.add_argument("--teacher", type=Path, help="a network that augury has trained")
    parser.add_argument("--pairs", type=int, default=200, help="of images, for each line")
    arguments = parser.parse_args()
    n = arguments.pairs
    sources = {"noise": noise(n), "photographs": photographs(n)}
    if arguments.dataset:
        if arguments.teacher is None:
            parser.error("a data set needs --teacher")
        sources[arguments.dataset] = loss_gradients(arguments.dataset, arguments.teacher, n)
    print(
        f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}, "
        f"torch {torch.__version__}; {n} pairs of images a line"
    )
    print(f"{'saliency':<12} {'grid':>7} {'mean gap':>10} {'largest':>10} {'no gap':>8}")
    for name, (images, maps) in sources.items():
        for side in GRIDS:
            found = gaps(images, maps, side, seed=0).clip(min=0)
            print(
                f"{name:<12} {side:>3} × {side:<2} {found.mean():>9.1e} {found.max():>10.1e} "
                f"{(found < NO_GAP).mean():>8.1%}"
            )


if __name__ == "__main__":
    main()
