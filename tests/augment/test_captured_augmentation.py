"""An augmentation as a graph gives what it gives without one."""

import pytest
import torch

from augury.augment import Augmentation, build_augmentation
from augury.augment.captured import Captured
from augury.augment.normalized import augment_normalized
from augury.kernels import plain_path
from augury.kernels.capture import NotCapturableError
from augury.kernels.steps import Scale
from augury.rng import Draws
from helpers.recorder import Recorder
from helpers.registered import labeled_batch, make

pytestmark = pytest.mark.usefixtures("compiled_loops")

SCALE = Scale(torch.tensor([0.5, 0.4, 0.3]), torch.tensor([0.2, 0.3, 0.25]))
SHAPE = (3, 8, 9)


class PlainRecorder(Recorder):
    """Records PyTorch's own operations; compiled loops for a processor are none."""

    def __call__(self, function, warmup=2):
        with plain_path():
            return super().__call__(function, warmup)


def captured(name):
    recorder = PlainRecorder()
    return Captured(build_augmentation(name), SCALE, lambda device: recorder), recorder


def rows(batch, chosen):
    return type(batch)(batch.images[chosen], batch.targets[chosen], batch.ids[chosen])


def check(fast, batch, draws):
    before = batch.images.clone(), batch.targets.clone()
    found = fast(batch, draws)
    with plain_path():
        wanted = augment_normalized(fast.augmentation, batch, draws, fast.scale)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)
    assert torch.equal(batch.images, before[0])
    assert torch.equal(batch.targets, before[1])
    return found


@pytest.mark.parametrize("name", ["normal+random-erasing", "randaugment", "augmix", "crop+cutmix"])
def test_replays_follow_seed_epoch_ids_and_images(name):
    fast, recorder = captured(name)
    batch = labeled_batch(SHAPE, n=12)
    first, second = torch.arange(6), torch.tensor([11, 7, 7, 8, 6, 9])  # one of them twice
    check(fast, rows(batch, first), Draws(3, 7, batch.ids[first]))
    kept = check(fast, rows(batch, second), Draws(3, 7, batch.ids[second]))
    before = [each.clone() for each in kept]
    check(fast, rows(batch, first), Draws(3, 2**32 - 1, batch.ids[first]))
    check(fast, rows(batch, first), Draws(-5, 0, batch.ids[first]))
    assert recorder.made == 1
    assert all(map(torch.equal, kept, before)), "a replay wrote to an earlier result"


def test_each_shape_has_a_graph_and_four_are_kept():
    fast, recorder = captured("normal")
    batch = labeled_batch(SHAPE, n=12)
    for n in (3, 4, 5, 6, 7, 7, 6, 5, 4):
        check(fast, rows(batch, slice(n)), Draws(3, 7, batch.ids[:n]))
    assert recorder.made == 5
    check(fast, rows(batch, slice(3)), Draws(3, 7, batch.ids[:3]))
    assert recorder.made == 6


@pytest.mark.parametrize("name", ["saliencymix", "normal+keepaugment"])
def test_saliency_is_computed_as_usual(name):
    recorder = Recorder()
    fast = Captured(make(name, SHAPE), SCALE, lambda device: recorder)
    batch = labeled_batch(SHAPE)
    check(fast, batch, Draws(3, 7, batch.ids))
    assert recorder.made == 0


class Own(Augmentation):
    def sample(self, batch, draws):
        return None

    def apply(self, batch, params):
        return batch


def test_code_of_others_is_not_captured():
    recorder = Recorder()
    batch = labeled_batch(SHAPE, n=4)
    check(Captured(Own(), SCALE, lambda device: recorder), batch, Draws(3, 7, batch.ids))
    assert recorder.made == 0


def test_what_cannot_be_captured_is_told_once(caplog):
    def refuse(function, warmup=2):
        raise NotCapturableError("values are read on the host")

    fast = Captured(build_augmentation("normal"), SCALE, lambda device: refuse)
    batch = labeled_batch(SHAPE, n=4)
    for epoch in range(2):
        check(fast, batch, Draws(3, epoch, batch.ids))
    assert fast.why == "values are read on the host"
    assert len(caplog.records) == 1


def test_on_a_processor_nothing_is_captured():
    fast = Captured(build_augmentation("normal"), SCALE)
    batch = labeled_batch(SHAPE, n=4)
    check(fast, batch, Draws(3, 7, batch.ids))
    assert not fast._graphs
    assert fast.why == ""


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize(
    "name",
    [
        "flip+crop",
        "normal+random-erasing",
        "trivialaugment",
        "augmix",
        "cutmix",
        "blur",
        "equalize",
    ],
)
def test_graphs_on_a_gpu(name):
    scale = Scale(SCALE.mean.cuda(), SCALE.std.cuda())
    fast, batch = Captured(build_augmentation(name), scale), labeled_batch((3, 32, 32)).to("cuda")
    for seed, epoch in ((3, 7), (3, 8), (4, 8)):
        check(fast, batch, Draws(seed, epoch, batch.ids))
    assert len(fast._graphs) == 1
    assert fast.why == ""
