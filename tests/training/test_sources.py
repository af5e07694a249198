"""Where the maps of a training run come from."""

import functools

import numpy as np
import pytest
import timm
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from augury.augment import build_augmentation
from augury.batch import Batch
from augury.data import cache_folder
from augury.errors import InputError
from augury.kernels import plain_path
from augury.models import ModelSpec
from augury.saliency import (
    GradientMap,
    InputGradient,
    SpectralResidual,
    absolute_map,
    gray_map,
    squared_map,
)
from augury.training import CheckpointFolder, Recipe, Speed, Training
from augury.training.captured import Way
from augury.training.sources import TeacherSources, check_sources, fingerprint
from augury.training.teacher import save_network
from helpers.datasets import CLASSES, batch_of, make_dataset, make_split
from helpers.networks import disturb, make_network
from helpers.recorder import Recorder

ROWS = np.array([7, 2, 11])
TEACHERS = ["self", "self:3", "self:5", "self:9", "live", "live:half"]


def make_sources(kinds, teacher, network, dataset=None, train=None, batch_size=3):
    dataset = dataset or make_dataset()
    return TeacherSources(kinds, teacher, network, train or dataset.train, dataset, batch_size)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))


def files():
    return sorted((cache_folder() / "maps").glob("*.npy"))


def test_maps_are_refused_before_the_first_refresh():
    network, _ = make_network()
    with pytest.raises(RuntimeError, match="refresh the maps"):
        make_sources(["gradient"], "self", network)("gradient")(None)


def test_self_follows_the_network_at_each_epoch():
    network, _ = make_network()
    dataset = make_dataset()
    sources = make_sources(["gradient", "loss-gradient"], "self", network, dataset)
    assert [source.kind for source in sources] == ["gradient", "loss-gradient"]
    assert sources.change
    assert not sources.change_within_epochs
    batch = batch_of(dataset.train, ROWS)
    sources.refresh()
    first = sources("gradient")(batch)
    expected = gray_map(InputGradient(network, network.normalize)(batch))
    torch.testing.assert_close(first, expected, atol=0.02, rtol=0)
    loss = squared_map(InputGradient(network, network.normalize, "loss")(batch))
    torch.testing.assert_close(sources("loss-gradient")(batch), loss, atol=0.02, rtol=0)
    disturb(network)
    for step in (1, 2, 3):  # 12 images by 3 are 4 steps
        sources.refresh(step)
        assert torch.equal(sources("gradient")(batch), first)
    sources.refresh(4)
    assert not torch.equal(sources("gradient")(batch), first)
    assert sources.state() == {}
    assert files() == []


@pytest.mark.parametrize("every", [1, 3, 4, 6, 9])
def test_self_with_steps_refreshes_at_their_multiples(every):
    network, _ = make_network()
    dataset = make_dataset()
    sources = make_sources(["gradient"], f"self:{every}", network, dataset)
    assert sources.change_within_epochs == (every != 4)
    batch, kept = batch_of(dataset.train, ROWS), []
    for step in range(12):
        sources.refresh(step)
        kept.append(sources("gradient")(batch))
        disturb(network, seed=step)
    changed = [step for step in range(1, 12) if not torch.equal(kept[step], kept[step - 1])]
    assert changed == [step for step in range(1, 12) if step % every == 0]


@pytest.mark.parametrize(("every", "kept"), [(1, False), (2, False), (3, True), (9, True)])
def test_weights_are_kept_where_maps_outlive_an_epoch(every, kept):
    """12 images by 3 are 4 steps; what is put back gives the very same maps."""
    network, _ = make_network()
    dataset = make_dataset()
    batch = batch_of(dataset.train, ROWS)
    sources = make_sources(["gradient"], f"self:{every}", network, dataset)
    for step in range(5):
        sources.refresh(step)
        disturb(network, seed=step)
    state = {name: value.clone() for name, value in sources.state().items()}
    assert bool(state) == kept
    if not kept:
        return
    other, _ = make_network()
    other.model.load_state_dict(network.model.state_dict())
    resumed = make_sources(["gradient"], f"self:{every}", other, dataset)
    resumed.restore(state)
    for step in range(5, 12):
        resumed.refresh(step)
        sources.refresh(step)
        assert torch.equal(resumed("gradient")(batch), sources("gradient")(batch))
        for a, b in zip(other.parameters(), network.parameters(), strict=True):
            assert torch.equal(a, b)
        disturb(network, seed=step)
        disturb(other, seed=step)


def test_live_is_the_gradient_of_the_very_batch():
    network, _ = make_network()
    dataset = make_dataset()
    kinds = ["absolute-gradient", "label-gradient", "signed-gradient"]
    sources = make_sources(kinds, "live", network, dataset)
    assert sources.change
    assert sources.change_within_epochs
    sources.refresh()
    batch = batch_of(dataset.train, ROWS)
    moved = batch.moved(batch.images.flip(3), lambda images: images.flip(3))
    for seed in (0, 1):
        network.train()
        gradient = InputGradient(network, network.normalize)(moved)
        assert torch.equal(sources("signed-gradient")(moved), gradient)
        assert torch.equal(sources("absolute-gradient")(moved), absolute_map(gradient))
        label = InputGradient(network, network.normalize, "label")(moved)
        assert torch.equal(sources("label-gradient")(moved), absolute_map(label))
        assert network.training
        disturb(network, seed)
    assert sources.state() == {}
    assert files() == []


def test_live_at_half_resolution_shows_the_network_small_images():
    network, _ = make_network()
    dataset = make_dataset()
    sources = make_sources(["gradient", "signed-gradient"], "live:half", network, dataset)
    batch = batch_of(dataset.train, ROWS)
    small = batch.with_images(F.avg_pool2d(batch.images.float() / 255, 2))
    gradient = InputGradient(network, network.normalize)(small)
    large = F.interpolate(gradient, (16, 16), mode="bilinear") / 4
    torch.testing.assert_close(sources("signed-gradient")(batch), large)
    large = F.interpolate(gray_map(gradient)[:, None], (16, 16), mode="bilinear")[:, 0]
    torch.testing.assert_close(sources("gradient")(batch), large)


@pytest.mark.parametrize("teacher", ["self", "live:half", "self:7", ""])
def test_a_kind_without_a_network_is_computed_once_whatever_the_teacher(teacher):
    network, _ = make_network()
    dataset = make_dataset(make_split(channels=3))
    sources = make_sources(["spectral-residual"], teacher, network, dataset)
    assert not sources.change
    sources.refresh()
    (file,) = files()
    before = file.stat().st_mtime_ns
    batch = batch_of(dataset.train, ROWS)
    found = sources("spectral-residual")(batch)
    torch.testing.assert_close(found, SpectralResidual()(batch), atol=0.5 / 255 + 1e-6, rtol=0)
    disturb(network)
    sources.refresh(4)
    make_sources(["spectral-residual"], "self", network, dataset).refresh()
    assert files() == [file]
    assert file.stat().st_mtime_ns == before


def test_maps_of_a_fixed_teacher_are_shared_by_all_splits(tmp_path):
    """Of one file; other weights, and another data set, have their own."""
    teacher, spec = make_network(seed=3)
    file = tmp_path / "model.safetensors"
    save_network(file, teacher, spec)
    student, _ = make_network(seed=4)
    dataset = make_dataset()
    batch = batch_of(dataset.train, ROWS)
    expected = GradientMap(InputGradient(teacher, teacher.normalize))(batch)
    for train in (dataset.train, dataset.train.take(ROWS)):
        sources = make_sources(["gradient"], str(file), student, dataset, train)
        assert not sources.change
        sources.refresh()
        found = sources("gradient")(batch)
        torch.testing.assert_close(found, expected, atol=0.01, rtol=0)
    assert len(files()) == 1
    disturb(teacher)
    save_network(file, teacher, spec)
    make_sources(["gradient"], str(file), student, dataset).refresh()
    assert len(files()) == 2


def test_the_fingerprint_is_of_layers_weights_and_normalization():
    network, _ = make_network()
    same, _ = make_network()
    assert fingerprint(same) == fingerprint(network)
    others = [
        make_network(seed=1)[0],
        make_network(channels=3, normalize=((0.3,) * 3, (0.2,) * 3))[0],
        make_network(normalize=((0.3,), (0.25,)))[0],
    ]
    same.model.features[1].num_batches_tracked += 1
    others.append(same)
    assert len({fingerprint(each) for each in [network, *others]}) == 5


def test_a_pretrained_teacher_by_name_looks_at_gray_images_too(tmp_path):
    """ImageNet networks take three channels: a gray pixel's derivative is the sum of the three."""
    torch.manual_seed(0)
    reference = timm.create_model("resnet10t").eval()
    save_file(reference.state_dict(), tmp_path / "resnet10t.safetensors")
    student, _ = make_network()
    dataset = make_dataset(make_split(size=32))
    kinds = ["signed-gradient", "absolute-gradient"]
    sources = make_sources(kinds, f"timm:resnet10t={tmp_path}", student, dataset)
    sources.refresh()
    batch = batch_of(dataset.train, ROWS)
    gray = (batch.images.float() / 255).requires_grad_()
    mean, std = (
        torch.tensor(reference.default_cfg[name]).view(3, 1, 1) for name in ("mean", "std")
    )
    normalized = (gray.expand(-1, 3, -1, -1) - mean) / std
    normalized.retain_grad()
    reference(normalized).amax(1).sum().backward()
    expected = normalized.grad.sum(1, keepdim=True)
    torch.testing.assert_close(sources("signed-gradient")(batch), expected, atol=1e-4, rtol=1e-2)
    size = expected[:, 0].abs() / expected.abs().amax((1, 2, 3))[:, None, None]
    torch.testing.assert_close(sources("absolute-gradient")(batch), size, atol=0.01, rtol=0)


@pytest.fixture(scope="module")
def models():
    return [ModelSpec("small", CLASSES, 1, image_size=16)]


def test_what_cannot_be_looked_at_is_refused_before_training(tmp_path, models):
    torch.manual_seed(0)
    network = timm.create_model("resnet10t")
    save_file(network.state_dict(), tmp_path / "resnet10t.safetensors")
    teacher = f"timm:resnet10t={tmp_path}"
    dataset = make_dataset()
    check_sources(["gradient", "grad-cam"], teacher, dataset, models)
    with pytest.raises(InputError, match=r"loss-gradient: targets: K is 4, the network has 1000"):
        check_sources(["loss-gradient"], teacher, dataset, models)
    gray, spec = make_network()
    save_network(tmp_path / "gray.safetensors", gray, spec)
    colors = make_dataset(make_split(channels=3))
    with pytest.raises(InputError, match="takes 1 channels, the images have 3"):
        check_sources(["gradient"], str(tmp_path / "gray.safetensors"), colors, models)


def test_models_that_cannot_be_looked_through_are_refused_before_training(models):
    dataset = make_dataset(make_split(size=8))
    check_sources(["gradient", "grad-cam", "activation"], "live", dataset, models)
    check_sources(["spectral-residual"], "nobody", dataset, models)
    with pytest.raises(InputError, match="teacher live:half: cannot look at 8×8 images"):
        check_sources(["gradient"], "live:half", dataset, models)


RECIPE = Recipe(epochs=3, batch_size=10, lr=0.05)


def make_training(teacher, kind, speed=None, capture=None):
    network, _ = make_network(speed=speed)
    train, held_out = make_split(n=42), make_split(n=6, seed=1)
    sources = make_sources([kind], teacher, network, make_dataset(train), batch_size=10)
    arm = build_augmentation("normal+salience", {"salience": {"saliency": kind}}, sources)
    return Training(network, arm, train, held_out, CLASSES, RECIPE, 0, sources, capture=capture)


def metrics(training):
    return [(epoch.loss, epoch.accuracy, epoch.validation_loss) for epoch in training.history]


def same_weights(first, second):
    one, two = (each.network.model.state_dict() for each in (first, second))
    return all(torch.equal(one[name], two[name]) for name in one)


@functools.cache
def straight_run(teacher):
    training = make_training(teacher, "gradient")
    list(training.epochs())
    return training


@pytest.mark.parametrize("stop", [1, 2])
@pytest.mark.parametrize("teacher", TEACHERS)
def test_a_resumed_run_has_the_same_bits(teacher, stop, tmp_path):
    """42 images by 10 are 5 steps, so that maps of self:3 and self:9 outlive epochs."""
    straight = straight_run(teacher)
    first = make_training(teacher, "gradient")
    list(first.epochs(until=stop))
    first.save(CheckpointFolder(tmp_path))
    torch.manual_seed(99)  # another process has another state
    second = make_training(teacher, "gradient")
    second.restore(CheckpointFolder(tmp_path).load())
    list(second.epochs())
    assert metrics(second) == metrics(straight)
    assert same_weights(second, straight)


@pytest.mark.parametrize("teacher", ["self", "self:3", "self:9"])
def test_captured_steps_read_the_present_maps(teacher, tmp_path):
    straight = straight_run(teacher)
    with plain_path():
        first = make_training(teacher, "gradient", capture=Recorder())
        list(first.epochs(until=1))
        first.save(CheckpointFolder(tmp_path))
        second = make_training(teacher, "gradient", capture=Recorder())
        second.restore(CheckpointFolder(tmp_path).load())
        list(second.epochs(until=2))
        second.restore(CheckpointFolder(tmp_path).load())
        list(second.epochs())
    assert first.way.steps == second.way.steps == "captured"
    assert metrics(second) == metrics(straight)
    assert same_weights(second, straight)


def test_live_maps_are_not_captured():
    training = make_training("live", "gradient", capture=Recorder())
    list(training.epochs(until=1))
    assert training.way == Way("eager", "saliency is computed from each batch")


@pytest.mark.parametrize("teacher", ["self:9", "live"])
def test_resuming_is_exact_at_another_layout_and_precision(teacher, tmp_path):
    speed = Speed("channels_last", "bfloat16")
    straight = make_training(teacher, "loss-gradient", speed)
    list(straight.epochs())
    first = make_training(teacher, "loss-gradient", speed)
    list(first.epochs(until=2))
    first.save(CheckpointFolder(tmp_path))
    second = make_training(teacher, "loss-gradient", speed)
    second.restore(CheckpointFolder(tmp_path).load())
    list(second.epochs())
    assert metrics(second) == metrics(straight)
    assert same_weights(second, straight)


def test_teachers_train_differently():
    """So that none of them is another by mistake; self:5 is once an epoch, as self."""
    found = {teacher: tuple(metrics(straight_run(teacher))) for teacher in TEACHERS}
    assert found["self:5"] == found["self"]
    assert len(set(found.values())) == 5


@pytest.mark.parametrize("teacher", ["live", "live:half"])
def test_live_maps_leave_training_as_it_is(teacher):
    """Looked at and not used: the same weights as without."""
    looking, blind = make_training(teacher, "gradient"), make_training(teacher, "gradient")
    for part in (looking.augmentation, blind.augmentation):
        part.parts[1].p = 0.0
    blind.augmentation = build_augmentation("normal")
    for training in (looking, blind):
        list(training.epochs(until=1))
    assert same_weights(looking, blind)
    assert metrics(looking) == metrics(blind)


def test_a_batch_on_another_device_than_the_maps():
    """Stored maps lie in memory, whatever a network's device; `meta` stands for another."""
    dataset = make_dataset()
    sources = make_sources(["spectral-residual"], "self", make_network()[0], dataset)
    sources.refresh()
    batch = batch_of(dataset.train, ROWS)
    away = Batch(batch.images.to("meta"), batch.targets, batch.ids)
    assert sources("spectral-residual")(away).device.type == "meta"
