"""On a GPU: kernels against the plain path there."""

import pytest
import torch

from augury.augment import build_augmentation
from augury.augment.mixing.partners import draw_partners
from augury.augment.normalized import augment_normalized
from augury.kernels import on_gpu, plain_path
from augury.kernels.steps import Scale
from augury.kernels.stream import Stream
from augury.rng import Draws
from helpers.registered import NAMES, labeled_batch, make, run
from helpers.registered import stored_maps as stored

CHAINS = [
    "normal+random-erasing",
    "flip+crop",
    "crop+cutout+normal",
    "normal+trivialaugment+cutmix",
]
POLICIES = ["trivialaugment", "randaugment", "augmix"]

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device"),
]


@pytest.fixture(autouse=True, scope="module")
def all_built():
    yield
    assert not on_gpu._told


def on_device(name, shape, n):
    def source(kind):
        maps = stored(kind, shape, n)
        maps.ids, maps.values = maps.ids.cuda(), maps.values.cuda()
        return maps

    return build_augmentation(name, sources=source)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 28, 37)])
@pytest.mark.parametrize("name", [*NAMES, *CHAINS])
def test_fast_equals_plain(name, shape):
    batch, augmentation = labeled_batch(shape).to("cuda"), on_device(name, shape, 100)
    with plain_path():
        wanted = run(augmentation, batch)
    found = run(augmentation, batch)
    assert found.images.dtype == wanted.images.dtype
    exact = not wanted.images.is_floating_point()
    torch.testing.assert_close(found.images, wanted.images, atol=0 if exact else 2e-6, rtol=0)
    torch.testing.assert_close(found.targets, wanted.targets, atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", POLICIES)
def test_levels_equal_those_of_the_processor(name):
    batch, augmentation = labeled_batch((3, 32, 32)), make(name, (3, 32, 32))
    with plain_path():
        wanted = run(augmentation, batch).images
    found = run(augmentation, batch.to("cuda")).images.cpu()
    torch.testing.assert_close(found, wanted, atol=0 if name != "augmix" else 1e-6, rtol=0)


@pytest.mark.parametrize("name", ["none", "flip+crop", "normal+random-erasing", *POLICIES])
def test_normalized_in_the_same_pass(name):
    batch, augmentation = labeled_batch((3, 32, 32)).to("cuda"), make(name, (3, 32, 32))
    scale = Scale(torch.tensor([0.5, 0.4, 0.3]).cuda(), torch.tensor([0.2, 0.3, 0.25]).cuda())
    draws = Draws(3, 7, batch.ids)
    with plain_path():
        wanted, _ = augment_normalized(augmentation, batch, draws, scale)
    found, _ = augment_normalized(augmentation, batch, draws, scale)
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


def test_draws_have_the_same_bits():
    streams = torch.cat((torch.arange(1000), torch.tensor([-1, 2**40 + 3, -(2**62)])))
    here = Stream((0xFFFFFFF0, 123456789), 4_000_000_000, streams)
    there = Stream(here.key, here.epoch, streams.cuda())
    for n in (1, 5, 24, 3072):
        assert torch.equal(there.bits(n).cpu(), here.bits(n))
        assert torch.equal(there.bytes(n).cpu(), here.bytes(n))
        assert torch.equal(there.uniform(n).cpu(), here.uniform(n))


@pytest.mark.parametrize("n", [1, 100, 5000])
def test_copies_and_partners_are_those_of_the_processor(n):
    ids = torch.randint(0, 60, (n,), generator=torch.Generator().manual_seed(0))
    here, there = Draws(3, 7, ids), Draws(3, 7, ids.cuda())
    assert torch.equal(there.repeats.cpu(), here.repeats)
    assert torch.equal(draw_partners(there, "cutmix").cpu(), draw_partners(here, "cutmix"))
