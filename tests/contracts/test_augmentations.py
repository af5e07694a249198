"""What every registered augmentation promises."""

import pytest
import torch

from augury.augment import AUGMENTATIONS, build_augmentation, source_kind
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from augury.saliency import MapCache

SHAPES = [(1, 1, 1), (3, 1, 1), (3, 2, 5), (1, 16, 16), (3, 32, 32), (3, 64, 48)]
NAMES = [*AUGMENTATIONS, "salience+normal+cutout", "crop+crop"]
RANDOM = sorted(set(NAMES) - {"none", "salience", "salience-raw"})
N = 100


def make_batch(shape, dtype=torch.uint8):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (N, *shape), generator=generator, dtype=torch.uint8)
    if dtype != torch.uint8:
        images = images.to(dtype) / 255
    labels = torch.randint(0, 5, (N,), generator=generator)
    ids = torch.randperm(10**6, generator=generator)[:N]
    return Batch(images, torch.eye(5)[labels], ids)


def make(name, shape):
    """The augmentation, with stored maps or gradients where it takes any."""
    generator = torch.Generator().manual_seed(1)
    ids, order = make_batch(shape).ids.sort()
    size = (N, *shape) if name == "salience-raw" else (N, *shape[1:])
    values = torch.rand(size, generator=generator)
    values = values - 0.5 if name == "salience-raw" else (values * 255).to(torch.uint8)
    return build_augmentation(
        name, source=MapCache(ids, values[order]) if source_kind(name) else None
    )


def part(batch, rows):
    return Batch(batch.images[rows], batch.targets[rows], batch.ids[rows])


def run(augmentation, batch, seed=3, epoch=7):
    return augmentation(batch, Draws(seed, epoch, batch.ids))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, shape, dtype):
    batch = make_batch(shape, dtype)
    kept = batch.images.clone(), batch.targets.clone(), batch.ids.clone()
    state = torch.get_rng_state()
    augmentation = make(name, shape)
    found = run(augmentation, batch)
    assert torch.equal(torch.get_rng_state(), state), "the global generator was used"
    for value, before in zip((batch.images, batch.targets, batch.ids), kept, strict=True):
        assert torch.equal(value, before), "the input was mutated"
    assert found.images.shape == batch.images.shape
    assert found.images.dtype in (torch.uint8, torch.float32)
    if found.images.dtype == torch.float32:
        assert found.images.min() >= 0
        assert found.images.max() <= 1
    assert torch.equal(found.ids, batch.ids)
    torch.testing.assert_close(found.targets.sum(1), torch.ones(N))
    assert torch.equal(run(augmentation, batch).images, found.images), "not repeatable"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_the_same_in_any_batch_and_order(name, shape):
    batch, augmentation = make_batch(shape), make(name, shape)
    whole = run(augmentation, batch).images
    order = torch.randperm(N, generator=torch.Generator().manual_seed(2))
    assert torch.equal(run(augmentation, part(batch, order)).images, whole[order])
    for i in range(N):
        assert torch.equal(run(augmentation, part(batch, slice(i, i + 1))).images, whole[i : i + 1])
    for rows in (slice(0, 37), slice(37, None)):
        assert torch.equal(run(augmentation, part(batch, rows)).images, whole[rows])


@pytest.mark.parametrize("name", RANDOM)
def test_epochs_and_seeds_differ(name):
    batch, augmentation = make_batch((3, 32, 32)), make(name, (3, 32, 32))
    here = run(augmentation, batch).images
    for other in ({"epoch": 8}, {"seed": 4}):
        there = run(augmentation, batch, **other).images
        same = (here == there).flatten(1).all(1).float().mean()
        assert same < 0.5, "random erasing leaves a quarter of all pairs alone, the others none"


@pytest.mark.parametrize("name", NAMES)
def test_apply_alone_is_deterministic_and_sample_alone_changes_nothing(name):
    batch, augmentation = make_batch((3, 32, 32)), make(name, (3, 32, 32))
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    first = augmentation.apply(batch, params).images
    assert torch.equal(augmentation.apply(batch, params).images, first)


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_gpu_draws_the_same(name):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    batch = make_batch((3, 32, 32))
    ids, uniform = batch.ids, Draws(0, 0, batch.ids).uniform(name, 9)
    assert torch.equal(Draws(0, 0, ids.cuda()).uniform(name, 9).cpu(), uniform)
    if source_kind(name):
        pytest.skip("its stored maps lie on the CPU")
    augmentation = make(name, (3, 32, 32))
    found = run(augmentation, batch.to("cuda")).images
    assert found.device.type == "cuda"
    torch.testing.assert_close(found.cpu(), run(augmentation, batch).images, atol=1e-5, rtol=0)


def test_unknown_names_and_parameters_are_refused():
    with pytest.raises(InputError, match=r"unknown augmentation 'cutuot'. Did you mean 'cutout'"):
        build_augmentation("cutuot")
    with pytest.raises(
        InputError, match=r"unknown parameter of cutout 'lenght'. Did you mean 'len"
    ):
        build_augmentation("cutout", {"cutout": {"lenght": 0.5}})
    with pytest.raises(InputError, match="salience: needs a source for its saliency"):
        build_augmentation("salience")
    with pytest.raises(InputError, match="unknown parameter of salience 'saliency'"):
        build_augmentation("salience", {"salience": {"saliency": 1}}, source=lambda b: b.images)


def test_lists_from_a_study_file_become_ranges():
    assert build_augmentation("random-erasing", {"random-erasing": {"area": [0.1, 0.2]}}).area == (
        0.1,
        0.2,
    )
