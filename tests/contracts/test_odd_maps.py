"""What every method that follows saliency does with maps that are not finite, even, or under 0."""

import pytest
import torch

from augury.augment import SALIENCY, build_augmentation
from helpers.registered import N, labeled_batch, run, stored_maps


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf], ids=str)
@pytest.mark.parametrize("name", SALIENCY)
def test_a_map_that_is_not_finite_counts_as_one_of_zeros(name, bad):
    batch = labeled_batch((3, 9, 8))
    maps = stored_maps(SALIENCY[name], (3, 9, 8))(batch)
    broken, zeros = maps.clone(), maps.clone()
    broken[::3, ..., 4, 5] = bad
    broken[1] = bad
    zeros[::3] = 0
    zeros[1] = 0
    found, expected = (
        run(build_augmentation(name, sources=lambda kind, given=given: lambda b: given), batch)
        for given in (broken, zeros)
    )
    assert found.images.float().isfinite().all()
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.targets, expected.targets)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-42, 3e38])
@pytest.mark.parametrize("name", SALIENCY)
def test_an_even_map_is_defined(name, value):
    batch = labeled_batch((3, 9, 8))
    maps = torch.full_like(stored_maps(SALIENCY[name], (3, 9, 8))(batch), value)
    found = run(build_augmentation(name, sources=lambda kind: lambda b: maps), batch)
    top = 255 if found.images.dtype == torch.uint8 else 1
    assert 0 <= found.images.min() <= found.images.max() <= top
    torch.testing.assert_close(found.targets.sum(1), torch.ones(N))


@pytest.mark.parametrize("name", sorted(set(SALIENCY) - {"salience-raw"}))
def test_values_under_0_of_a_map_count_as_0(name):
    batch = labeled_batch((3, 9, 8))
    maps = torch.randn(N, 9, 8, generator=torch.Generator().manual_seed(5))
    found, expected = (
        run(build_augmentation(name, sources=lambda kind, given=given: lambda b: given), batch)
        for given in (maps, maps.clamp(min=0))
    )
    assert torch.equal(found.images, expected.images)
    assert torch.equal(found.targets, expected.targets)
