import pytest
import timm
import torch
from safetensors.torch import save_file

from augury.batch import Batch
from augury.data import Split
from augury.errors import InputError
from augury.models import ModelSpec, build_model
from augury.saliency import InputGradient, grey_map
from augury.training import Network, Normalize, Speed
from augury.training.teacher import (
    build_source,
    check_teacher,
    load_network,
    save_network,
    teacher_network,
)

CPU = torch.device("cpu")


def make_network(seed=0, channels=1, normalize=((0.3,), (0.2,))):
    spec = ModelSpec("small", 4, channels)
    return Network(build_model(spec, seed), Normalize(*normalize), Speed(), CPU), spec


def make_split(channels=1, n=12):
    images = torch.randint(
        0, 256, (n, channels, 32, 32), generator=torch.Generator().manual_seed(0), dtype=torch.uint8
    ).numpy()
    labels = torch.arange(n) % 4
    return Split(images, labels.numpy(), torch.arange(100, 100 + n).numpy())


def batch_of(split, rows):
    return Batch(
        torch.from_numpy(split.images[rows]),
        torch.ones(len(rows), 1),
        torch.from_numpy(split.ids[rows]),
    )


def test_only_what_asks_for_a_source_gets_one():
    network, _ = make_network()
    assert build_source("cutout", "self", network, make_split(), 4, 5) is None
    with pytest.raises(RuntimeError, match="refresh the maps"):
        build_source("salience", "self", network, make_split(), 4, 5)(None)


def test_self_follows_the_network_at_each_refresh():
    network, _ = make_network()
    split = make_split()
    source = build_source("salience", "self", network, split, 4, 5)
    batch = batch_of(split, [7, 2])
    source.refresh()
    first = source(batch)
    expected = grey_map(InputGradient(network, network.normalize)(batch))
    torch.testing.assert_close(first, expected, atol=0.02, rtol=0)
    torch.manual_seed(0)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    assert torch.equal(source(batch), first)
    source.refresh()
    assert not torch.equal(source(batch), first)


def test_a_trained_network_is_read_back_from_its_file(tmp_path):
    network, spec = make_network(seed=3)
    file = tmp_path / "model.safetensors"
    save_network(file, network, spec)
    images = torch.from_numpy(make_split().images)
    with torch.no_grad():
        expected = network.eval().predict(images)
        assert torch.equal(load_network(file, CPU).eval().predict(images), expected)
    student, _ = make_network(seed=4)
    split = make_split()
    source = build_source("salience-raw", str(file), student, split, 4, 5)
    source.refresh()
    batch = batch_of(split, [0, 5])
    torch.testing.assert_close(
        source(batch), InputGradient(network, network.normalize)(batch), atol=1e-6, rtol=1e-2
    )


def test_a_file_without_a_network_is_refused(tmp_path):
    file = tmp_path / "other.safetensors"
    save_file({"weight": torch.ones(1)}, file)
    with pytest.raises(InputError, match=r"other\.safetensors: holds no network that augury has"):
        load_network(file, CPU)


def test_a_pretrained_teacher_by_name_looks_at_grey_images_too(tmp_path):
    """ImageNet networks take three channels: a grey pixel's derivative is the sum of the three."""
    torch.manual_seed(0)
    reference = timm.create_model("mobilenetv2_100").eval()
    save_file(reference.state_dict(), tmp_path / "mobilenetv2.safetensors")
    student, _ = make_network()
    split = make_split()
    source = build_source("salience-raw", f"mobilenetv2={tmp_path}", student, split, 4, 12)
    source.refresh()
    batch = batch_of(split, [3, 9])
    grey = (batch.images.float() / 255).requires_grad_()
    mean, std = (
        torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    )
    normalized = (grey.expand(-1, 3, -1, -1) - mean) / std
    normalized.retain_grad()
    reference(normalized).amax(1).sum().backward()
    expected = normalized.grad.sum(1, keepdim=True)
    torch.testing.assert_close(source(batch), expected, atol=1e-4, rtol=1e-2)


@pytest.mark.parametrize("teacher", ["self", "densenet121", "densenet121=weights"])
def test_good_teachers(teacher):
    check_teacher(teacher)


def test_bad_teachers_are_named(tmp_path):
    with pytest.raises(InputError, match=r"unknown teacher .* 'densnet121'. Did you mean 'dense"):
        check_teacher("densnet121")
    with pytest.raises(InputError, match=r"no .*densenet121\.safetensors"):
        teacher_network(f"densenet121={tmp_path}", CPU)
    with pytest.raises(InputError, match="small"):
        teacher_network("small", CPU)
