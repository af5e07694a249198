"""What every kind of saliency promises."""

import pytest
import torch

from augury.batch import Batch
from augury.saliency import KINDS, HalfResolution, MapCache
from helpers.batches import rows_of, soft_batch
from helpers.networks import Tiny, left_as_it_was, normalize


@pytest.mark.parametrize("kind", KINDS)
def test_maps_have_their_shape_and_range_and_leave_the_network_alone(kind):
    model, batch = Tiny().train(), soft_batch()
    kept = batch.images.clone()
    with left_as_it_was(model):
        maps = KINDS[kind].build(model, normalize)(batch)
    assert torch.equal(batch.images, kept)
    assert not maps.requires_grad
    assert maps.dtype == torch.float32
    assert maps.shape == ((4, 3, 6, 6) if KINDS[kind].signed else (4, 6, 6))
    if KINDS[kind].signed:
        assert maps.min() < 0
    else:
        assert maps.min() >= 0
        assert maps.amax((1, 2)).tolist() == pytest.approx([1.0] * 4)
    again = KINDS[kind].build(model, normalize)(batch)
    assert torch.equal(again, maps)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not KINDS[kind].needs_network])
def test_kinds_without_a_network_look_at_none(kind):
    maps = KINDS[kind].build(None, None)(soft_batch())
    assert maps.shape == (4, 6, 6)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_batch_has_no_maps(kind, dtype):
    source = KINDS[kind].build(Tiny(), normalize)
    whole = soft_batch()
    empty = Batch(whole.images[:0].to(dtype), whole.targets[:0], whole.ids[:0])
    shape = (0, 3, 6, 6) if KINDS[kind].signed else (0, 6, 6)
    maps = source(empty)
    assert maps.shape == shape
    assert maps.dtype == torch.float32
    stored = MapCache.of(source, [whole, empty])
    assert stored(empty).shape == shape
    assert torch.equal(stored.ids, whole.ids)


def test_an_empty_batch_has_no_maps_at_half_the_resolution():
    whole = soft_batch()
    empty = rows_of(whole, slice(0))
    source = KINDS["spectral-residual"].build(Tiny(), normalize)
    assert HalfResolution(source)(empty).shape == (0, 6, 6)
