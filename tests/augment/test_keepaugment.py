import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from augury.augment import Chain, Crop, Normal, RandAugment, from_config, to_config
from augury.augment.saliency.keepaugment import KeepAugment, KeepAugmentParams
from augury.augment.saliency.saliencymix import SaliencyMix
from augury.errors import InputError
from augury.rng import Draws
from augury.saliency import MapCache
from helpers.batches import make_batch, rows_of


def windows_allowed(saliency, side, tau, mode):
    """The paper's rule, window by window: the corners of those that may be cut or kept."""
    height, width = saliency.shape
    scores = {
        (top, left): saliency[top : top + side, left : left + side].sum()
        for top in range(height - side + 1)
        for left in range(width - side + 1)
    }
    values = sorted(scores.values())
    quantile = values[math.ceil(tau * len(values)) - 1]
    if mode == "cut":
        allowed = [corner for corner, score in scores.items() if score < quantile]
        return allowed or [corner for corner, score in scores.items() if score == values[0]]
    allowed = [corner for corner, score in scores.items() if score > quantile]
    return allowed or [corner for corner, score in scores.items() if score == values[-1]]


@settings(max_examples=100, deadline=None)
@given(
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 14), st.integers(1, 14)),
    mode=st.sampled_from(["cut", "paste"]),
    tau=st.floats(0.01, 0.99),
    size=st.floats(0.05, 1.0),
    values=st.integers(1, 9),
    seed=st.integers(0, 10_000),
)
def test_equals_the_equations(shape, mode, tau, size, values, seed):
    n = 5
    generator = np.random.default_rng(seed)
    images = generator.integers(0, 256, (n, *shape), dtype=np.uint8)
    # Few values, so that windows tie; the largest is 8 in each map, so that none is rounded.
    maps = generator.integers(0, values, (n, *shape[1:]))
    maps[:, generator.integers(shape[1]), generator.integers(shape[2])] = 8
    ids = torch.from_numpy(generator.permutation(99)[:n])
    batch, draws = make_batch(torch.from_numpy(images), ids=ids), Draws(seed, 0, ids)
    inner = Crop() if mode == "paste" else None
    augment = KeepAugment(lambda b: torch.from_numpy(maps), mode, tau, size, inner)
    found = augment(batch, draws).images.numpy()
    replaced = np.zeros_like(images)
    if inner:
        replaced = inner(batch, Draws(seed, 0, ids, scope="/keepaugment")).images.numpy()
    side = max(1, round(size * min(shape[1:])))
    u = draws.uniform("keepaugment", 1)[:, 0].double().numpy()
    for i in range(n):
        allowed = windows_allowed(maps[i], side, tau, mode)
        top, left = allowed[int(u[i] * len(allowed))]
        window = np.zeros(shape[1:], dtype=bool)
        window[top : top + side, left : left + side] = True
        if mode == "cut":
            expected = np.where(window, replaced[i], images[i])
        else:
            expected = np.where(window, images[i], replaced[i])
        np.testing.assert_array_equal(found[i], expected)


@pytest.mark.parametrize("mode", ["cut", "paste"])
def test_each_window_that_qualifies_is_equally_likely(mode):
    """40,000 draws among the 16 windows of one map."""
    n = 40_000
    saliency = np.random.default_rng(3).integers(0, 1000, (6, 6))
    saliency[2, 2] = 1024
    maps = torch.from_numpy(saliency).expand(n, 6, 6)
    batch = make_batch(torch.zeros(1, 1, 6, 6).expand(n, -1, -1, -1))
    params = KeepAugment(lambda b: maps, mode).sample(batch, Draws(0, 0, batch.ids))
    allowed = windows_allowed(saliency, 3, 0.6, mode)
    # τ = 0.6 is the tenth of 16: nine are under it, six over.
    assert len(allowed) == (9 if mode == "cut" else 6)
    places = params.top.numpy() * 4 + params.left.numpy()
    counts = np.bincount(places, minlength=16)
    expected = np.zeros(16)
    expected[[top * 4 + left for top, left in allowed]] = n / len(allowed)
    assert (counts[expected == 0] == 0).all()
    assert stats.chisquare(counts[expected > 0], expected[expected > 0]).pvalue > 1e-3


@pytest.mark.parametrize("mode", ["cut", "paste"])
def test_with_an_even_map_every_window_qualifies(mode):
    n = 40_000
    batch = make_batch(torch.zeros(1, 1, 4, 5).expand(n, -1, -1, -1))
    for value in (0.0, 0.7):
        maps = torch.full((1, 4, 5), value).expand(n, 4, 5)
        params = KeepAugment(lambda b, m=maps: m, mode).sample(batch, Draws(0, 0, batch.ids))
        counts = np.bincount(params.top.numpy() * 4 + params.left.numpy(), minlength=12)
        assert stats.chisquare(counts).pvalue > 1e-3


def test_cut_spares_and_paste_keeps_what_is_salient():
    maps = torch.zeros(50, 32, 32)
    maps[:, 10:18, 12:20] = 1.0
    images = torch.ones(50, 3, 32, 32)
    batch = make_batch(images)
    cut = KeepAugment(lambda b: maps, size=0.25)(batch, Draws(0, 0, batch.ids)).images
    # Over half of the windows see nothing of the square, so τ = 0.6 cuts one of those.
    cut_pixels = (cut == 0).float().sum((1, 2, 3))
    assert (cut_pixels == 3 * 8 * 8).all()
    assert (maps[:, None] * (1 - cut)).sum((1, 2, 3)).max() < 3 * 8 * 8 / 2
    params = KeepAugment(lambda b: maps, "paste", 0.99, 0.25).sample(batch, Draws(0, 0, batch.ids))
    # 1 % of 625 windows are the six that show most: the square itself and those near to it.
    assert ((params.top - 10).abs() + (params.left - 12).abs()).max() <= 2


def test_boxes_by_hand():
    images = torch.arange(1, 17, dtype=torch.uint8).view(1, 1, 4, 4)
    params = KeepAugmentParams(torch.tensor([1]), torch.tensor([2]))
    cut = KeepAugment(lambda b: b.images).apply(make_batch(images), params).images
    assert cut[0, 0].tolist() == [[1, 2, 3, 4], [5, 6, 0, 0], [9, 10, 0, 0], [13, 14, 15, 16]]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
def test_around_the_window_lies_what_the_other_augmentation_makes(dtype):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (20, 3, 16, 16), generator=generator, dtype=torch.uint8)
    if dtype != torch.uint8:
        images = (images / 255).to(dtype)
    maps = torch.rand(20, 16, 16, generator=generator)
    batch = make_batch(images)
    inner = Normal(rotation=40)
    augment = KeepAugment(lambda b: maps, "paste", augment=inner)
    params = augment.sample(batch, Draws(0, 0, batch.ids))
    found = augment.apply(batch, params).images
    moved = inner.apply(batch, params.augment).images
    original = images.float() / (255 if dtype == torch.uint8 else 1)
    for i in range(20):
        top, left = int(params.top[i]), int(params.left[i])
        expected = moved[i].clone()
        expected[:, top : top + 8, left : left + 8] = original[i, :, top : top + 8, left : left + 8]
        assert torch.equal(found[i], expected)


def random_case(n=40):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (n, 3, 16, 16), generator=generator, dtype=torch.uint8)
    batch = make_batch(images, ids=torch.randperm(999, generator=generator)[:n])
    ids, order = batch.ids.sort()
    return batch, MapCache(ids, torch.rand(n, 16, 16, generator=generator)[order])


def test_stored_maps_follow_the_pixels():
    """Maps that are the images themselves look like the augmented images."""
    images = torch.rand(10, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    batch = make_batch(images)
    cache = MapCache(batch.ids, images[:, 0])
    augment = KeepAugment(cache, "paste", augment=Chain([Normal(rotation=40), Crop()]))
    found = augment(batch, Draws(0, 0, batch.ids))
    assert not torch.equal(found.images, images)
    torch.testing.assert_close(cache(found), found.images[:, 0])


def test_paste_is_onto_randaugment_if_nothing_else_is_named():
    batch, maps = random_case()
    draws = Draws(0, 0, batch.ids)
    found = KeepAugment(maps, "paste")(batch, draws).images
    assert torch.equal(
        found, KeepAugment(maps, "paste", augment=RandAugment())(batch, draws).images
    )


def test_the_other_augmentation_draws_anew():
    batch = make_batch(torch.rand(30, 1, 16, 16, generator=torch.Generator().manual_seed(0)))
    draws = Draws(0, 0, batch.ids)
    augment = KeepAugment(lambda b: b.images[:, 0], "paste", augment=Normal())
    inside = augment.sample(batch, draws).augment
    alone = Normal().sample(batch, draws)
    assert not torch.isclose(inside.angle, alone.angle).any()
    both = Chain([augment, augment]).sample(batch, draws)
    assert not torch.isclose(both[0].augment.angle, both[1].augment.angle).any()


def test_paste_is_the_same_in_any_company():
    batch, maps = random_case()
    augment = KeepAugment(maps, "paste", augment=Chain([Normal(), Crop()]))
    whole = augment(batch, Draws(0, 0, batch.ids)).images
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    for rows in (order, slice(0, 1), slice(0, 13), slice(13, None)):
        part = rows_of(batch, rows)
        assert torch.equal(augment(part, Draws(0, 0, part.ids)).images, whole[rows])


def test_paste_compiles_in_one_piece():
    batch, maps = random_case()
    augment = KeepAugment(maps, "paste", augment=Normal())
    torch.compiler.reset()
    compiled = torch.compile(augment.__call__, backend="eager", fullgraph=True)
    draws = Draws(3, 7, batch.ids)
    torch.testing.assert_close(compiled(batch, draws).images, augment(batch, draws).images)


def test_paste_is_written_and_read_as_the_same():
    batch, maps = random_case()
    augment = KeepAugment(maps, "paste", 0.7, 0.25, Chain([Normal(rotation=9), Crop()]))
    config = to_config(augment)
    assert config["augment"]["parts"][0]["rotation"] == 9
    again = from_config(config, lambda kind: maps)
    draws = Draws(0, 0, batch.ids)
    assert torch.equal(again(batch, draws).images, augment(batch, draws).images)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "past"}, "unknown mode 'past'. Did you mean 'paste'"),
        ({"tau": 0}, r"tau: must lie in \(0, 1\), got 0"),
        ({"tau": 1.0}, r"tau: must lie in \(0, 1\), got 1.0"),
        ({"size": 0.0}, r"size: must lie in \(0, 1\], got 0.0"),
        ({"augment": Crop()}, 'augment: only mode "paste" takes one'),
        (
            {"mode": "paste", "augment": SaliencyMix(lambda b: b.images)},
            "augment: must not mix images",
        ),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        KeepAugment(lambda b: b.images, **arguments)
