"""Transforms as a DataLoader's workers call them."""

import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from augury.augment.foreign.adapt import Foreign
from augury.checks.workers import loader_workers


class OwnGenerator:
    """Its generator is copied into each worker, as Albumentations' are."""

    def __init__(self):
        self.generator = np.random.default_rng(0)

    def __call__(self, image):
        return image.flip(-1) if self.generator.random() < 0.5 else image


class SeededByWorker(OwnGenerator):
    """Workers differ; each begins every epoch anew."""

    def __call__(self, image):
        worker = torch.utils.data.get_worker_info()
        if worker and not hasattr(self, "known"):
            self.known, self.generator = True, np.random.default_rng(worker.id)
        return super().__call__(image)


def test_a_generator_of_its_own_repeats_in_workers_and_epochs():
    found = loader_workers(Foreign(OwnGenerator(), "own"))
    assert found.verdict == "FAULT"
    assert found.measured == "two workers and two epochs draw the same"
    found = loader_workers(Foreign(SeededByWorker(), "own"))
    assert found.verdict == "FAULT"
    assert found.measured == "two epochs draw the same"


@pytest.mark.parametrize("per_batch", [False, True])
@pytest.mark.parametrize("transform", [v2.RandomHorizontalFlip(), v2.RandomErasing()])
def test_pytorchs_generator_is_seeded_for_each(transform, per_batch):
    state = torch.get_rng_state()
    assert loader_workers(Foreign(transform, "t", per_batch)).verdict == "ok"
    assert torch.equal(torch.get_rng_state(), state)


def test_mixing():
    assert loader_workers(Foreign(v2.CutMix(), "cutmix")).verdict == "ok"


def test_what_never_varies_is_not_told():
    found = loader_workers(Foreign(v2.RandomHorizontalFlip(1.0), "t"))
    assert (found.verdict, found.measured) == ("note", "nothing to compare: it never varies")


def test_a_failing_worker_is_a_note():
    def fails(image):
        raise RuntimeError("no color")

    found = loader_workers(Foreign(fails, "t"))
    assert found.verdict == "note"
    assert "no color" in found.measured or "InputError" in found.measured
