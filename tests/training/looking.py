"""Networks, data sets and sources for the tests of saliency in training."""

import numpy as np
import torch

from augury.batch import Batch
from augury.data import Dataset, Split
from augury.models import ModelSpec, build_model
from augury.training import Network, Normalize, Speed
from augury.training.sources import TeacherSources

CPU = torch.device("cpu")
SIZE, CLASSES = 16, 4


def make_network(seed=0, channels=1, normalize=((0.3,), (0.2,)), speed=None):
    spec = ModelSpec("small", CLASSES, channels)
    return Network(build_model(spec, seed), Normalize(*normalize), speed or Speed(), CPU), spec


def make_split(channels=1, n=12, size=SIZE, seed=0):
    """Ids are neither sorted nor without gaps."""
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, channels, size, size), dtype=np.uint8)
    ids = 100 + 7 * generator.permutation(n)
    return Split(images, np.arange(n) % CLASSES, ids)


def make_dataset(train=None, fingerprint="f" * 64):
    train = train or make_split()
    return Dataset(
        name="made-up",
        classes=tuple("abcd"),
        train=train,
        validation=None,
        test=train,
        fingerprint=fingerprint,
        source="",
        notes=(),
        set_aside=(),
    )


def batch_of(split, rows):
    return Batch(
        torch.from_numpy(split.images[rows]),
        torch.eye(CLASSES)[torch.from_numpy(split.labels[rows])],
        torch.from_numpy(split.ids[rows]),
    )


def make_sources(kinds, teacher, network, dataset=None, train=None, batch_size=3):
    dataset = dataset or make_dataset()
    return TeacherSources(kinds, teacher, network, train or dataset.train, dataset, batch_size)


def disturb(network, seed=0):
    """Other weights, as after a few steps."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
