"""How much of `salience-raw` is gradient, and how much is a darker image.

python benchmarks/salience_raw.py cifar10 --teacher PATH/checkpoint/model.safetensors

Prints, over 1,000 training images: the gradient's size, what it changes in the image on the scale
of 0..255, and the brightness and contrast of the result against the original's.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

from augury.augment import SalienceRaw
from augury.batch import to_float
from augury.data import batches, load_dataset, split_validation
from augury.rng import Draws
from augury.saliency import InputGradient
from augury.training.teacher import load_network

IMAGES = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset")
    parser.add_argument("--teacher", type=Path, required=True)
    arguments = parser.parse_args()
    dataset = load_dataset(arguments.dataset)
    train, _ = split_validation(dataset, 0.3, 0)
    network = load_network(arguments.teacher, torch.device("cpu"))
    chosen = train.take(np.arange(IMAGES))
    (batch,) = batches(chosen, dataset.num_classes, IMAGES, np.arange(IMAGES))
    augment = SalienceRaw(InputGradient(network, network.normalize))
    params = augment.sample(batch, Draws(0, 0, batch.ids))
    found = augment.apply(batch, params).images
    images = to_float(batch.images)
    size = params.gradient.abs().flatten()
    quantiles = torch.tensor([0.5, 0.9, 0.99])
    print(f"{IMAGES} images of {dataset.source}, torch {torch.__version__}")
    print("|gradient|: median, 90 %, 99 %:", *(f"{q:.4f}" for q in size[::97].quantile(quantiles)))
    added = (augment.mix * params.gradient).abs().mean()
    print(
        f"mean |mix · gradient|: {added:.3f} of 255; mean image / mix: {127.5 * images.mean():.1f}"
    )
    print(f"brightness: {found.mean() / images.mean():.4f} of the original's")
    deviation = found.std((1, 2, 3)).mean() / images.std((1, 2, 3)).mean()
    print(f"contrast (deviation within an image): {deviation:.4f} of the original's")
    moved = (found - images / augment.mix).abs().mean()
    print(f"mean distance to a plainly halved image: {255 * moved:.3f} of 255")


if __name__ == "__main__":
    main()
