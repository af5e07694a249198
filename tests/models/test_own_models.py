"""Networks of the user's own: made by seed, checked before anything trains, known by their code."""

import random
import sys

import numpy as np
import pytest
import torch
from torch import nn

from augury.batch import Batch
from augury.errors import InputError
from augury.models import (
    ModelSpec,
    build_model,
    check_model_name,
    check_spec,
    code_of,
    own_model,
    own_names,
    pretrained_statistics,
)
from augury.own import trust
from augury.own.kinds import MODEL
from augury.own.trust import point_to
from augury.saliency import Activation, GradCam

NETWORKS = """
import random
import numpy as np
import torch
from torch import nn
from torchvision.models import resnet18
import layers_of_mine

class Net(nn.Module):
    def __init__(self, num_classes, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.linear = nn.Linear(4, num_classes)
        self.scale = float(np.random.rand()) + random.random()

    def forward(self, images):
        return self.linear(self.norm(self.conv(images)).relu().mean((2, 3))) * self.scale

def make(num_classes, channels):
    return Net(num_classes, channels)

def lazy(k, c):
    return nn.Sequential(nn.Conv2d(c, 2, 3), nn.Flatten(), nn.LazyLinear(k))

def tied(k, c):
    net = nn.Sequential(nn.Flatten(), nn.Linear(c * 64, k), nn.Linear(k, k), nn.Linear(k, k))
    net[3].weight = net[2].weight
    return net

def one_argument(k):
    return nn.Linear(k, k)

def no_module(k, c):
    return "a network"

def no_weights(k, c):
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1))

def fails(k, c):
    raise RuntimeError("no weights here")

def wrong_classes(k, c):
    return Net(k + 1, c)

class Squeezes(Net):
    def forward(self, images):
        return super().forward(images).squeeze()

def squeezes(k, c):
    return Squeezes(k, c)

class Detached(Net):
    def forward(self, images):
        return super().forward(images).detach()

def detached(k, c):
    return Detached(k, c)

def infinite(k, c):
    net = Net(k, c)
    net.scale = float("nan")
    return net

def wide_images_only(k, c):
    return nn.Sequential(nn.Conv2d(c, 2, 9), nn.Flatten(), nn.Linear(2, k))

generator = torch.Generator().manual_seed(0)

def unseeded(k, c):
    net = Net(k, c)
    nn.init.normal_(net.linear.weight, generator=generator)
    return net

ready = nn.Linear(2, 2)
number = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "nets_of_mine.py").write_text(NETWORKS)
    (tmp_path / "layers_of_mine.py").write_text("WIDTH = 4\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(trust, "_granted", set())
    point_to(["nets_of_mine:make"], MODEL)
    yield "nets_of_mine"
    for name in ("nets_of_mine", "layers_of_mine"):
        sys.modules.pop(name, None)


def spec(name, **changes):
    return ModelSpec(name, 5, 3, **{"image_size": 8} | changes)


def test_weights_are_a_function_of_the_seed(module):
    states = (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state())
    first, again, other = (build_model(spec(f"{module}:make"), seed) for seed in (0, 0, 1))
    assert (random.getstate(), np.random.get_state()[1].tolist()) == states[:2]
    assert torch.equal(torch.get_rng_state(), states[2])
    for name, value in first.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert not torch.equal(first.conv.weight, other.conv.weight)
    # NumPy's and Python's generators are seeded, too.
    assert first.scale == again.scale != other.scale
    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    torch.testing.assert_close(build_model(spec(f"{module}:make"), 0).state_dict(),
                               first.state_dict(), atol=0, rtol=0)  # fmt: skip


def test_what_can_be_trained_passes(module):
    for name in ("make", "Net", "lazy", "tied"):
        check_spec(spec(f"{module}:{name}"))
        logits = build_model(spec(f"{module}:{name}"), 3)(torch.rand(2, 3, 8, 8))
        assert logits.shape == (2, 5), name
    lazy = [build_model(spec(f"{module}:lazy"), 0)[2].weight for _ in range(2)]
    assert torch.equal(*lazy)
    with pytest.raises(InputError, match="has lazy layers that its first image does not reach"):
        build_model(spec(f"{module}:lazy", image_size=None), 0)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("one_argument", r"must be a callable \(num_classes, channels\) .* \(too many positional"),
        ("no_module", "must give a torch.nn.Module, gave str"),
        ("no_weights", "has no weights to train"),
        ("fails", "RuntimeError: no weights here"),
        ("wrong_classes", r"must give logits \(B, K\) = \(1, 5\), gave \(1, 6\)"),
        ("squeezes", r"must give logits \(B, K\) = \(1, 5\), gave \(5,\)"),
        ("detached", "RuntimeError: element 0 of tensors does not require grad"),
        ("infinite", "its logits must be finite floating numbers"),
        ("wide_images_only", r"cannot take images of 3×8×8 \(RuntimeError: .*Kernel size"),
        ("unseeded", r"its weights \(linear.weight\) differ from call to call"),
        ("ready", "is a network already: each seed needs weights of its own"),
        ("number", "must be a callable .* got 3"),
        ("nowhere", "the module has no 'nowhere'"),
        ("torch.save", "is not yours but of torch.serialization"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(name, message, module):
    with pytest.raises(InputError, match=f"{module}:{name}: .*{message}") as caught:
        check_spec(spec(f"{module}:{name}"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"head": "original"}, "head original is not for networks of your own"),
        ({"stem": "small"}, "stem small is not for"),
        ({"pretrained": True}, "pretrained weights is not for"),
        ({"num_classes": 1}, "num_classes: at least 2"),
        ({"channels": 2}, "channels: must be 1 or 3"),
    ],
)
def test_options_that_would_change_nothing_are_refused(option, message, module):
    made = {"name": f"{module}:make", "num_classes": 5, "channels": 3, **option}
    for use in (check_spec, lambda wanted: build_model(wanted, 0)):
        with pytest.raises(InputError, match=message):
            use(ModelSpec(**made))
    with pytest.raises(InputError, match="has no pretrained weights"):
        pretrained_statistics(f"{module}:make")


def test_all_files_that_the_network_imports_are_its_code(module, tmp_path):
    code = code_of(f"{module}:make")
    assert len(code) == 16
    assert code == code_of(f"{module}:Net")
    build_model(spec(f"{module}:make", code=code), 0)
    (tmp_path / "layers_of_mine.py").write_text("WIDTH = 5\n")
    assert code_of(f"{module}:make") != code
    with pytest.raises(InputError, match="make: its code has changed since the study began"):
        build_model(spec(f"{module}:make", code=code), 0)
    assert [code_of(name) for name in ("small", "timm:resnet10t")] == ["", ""]


def test_nothing_runs_that_was_neither_typed_nor_confirmed(module, monkeypatch):
    monkeypatch.setattr(trust, "_granted", set())
    with pytest.raises(InputError, match=r"not confirmed: nets_of_mine\.py, layers_of_mine\.py"):
        check_spec(spec(f"{module}:make"))
    assert module not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("os:system", "os belongs to Python's own library, which has no models"),
        ("numpy:zeros", "numpy is an installed package that makes no models"),
        ("torchvision.transforms:Resize", "is an installed package that makes no models"),
        ("torch.nn:Linear", "torch.nn is an installed package that makes no models"),
        ("torchvision.models:resnet.torch.load", "only networks of torchvision"),
        ("a b:c", "must be module:attribute"),
        ("here:net", "an object of the Python session that began the study"),
    ],
)
def test_of_other_code_nothing_is_called(name, message):
    with pytest.raises(InputError, match=message):
        check_spec(spec(name))


def test_networks_of_torchvision_need_no_confirmation(monkeypatch):
    monkeypatch.setattr(trust, "_granted", set())
    point_to(["torchvision.models:resnet18"], MODEL)
    assert trust.granted() == frozenset()
    network = build_model(spec("torchvision.models:resnet18", image_size=32), 0)
    assert network(torch.rand(2, 3, 32, 32)).shape == (2, 5)
    assert code_of("torchvision.models:resnet18") == ""
    with pytest.raises(InputError, match="takes images of 3 channels, got 1"):
        build_model(ModelSpec("torchvision.models:resnet18", 5, 1), 0)
    gray = build_model(ModelSpec("timm.models:resnet10t", 5, 1), 0)
    assert gray(torch.rand(2, 1, 32, 32)).shape == (2, 5)


def test_names():
    assert own_names(["small", "timm:x", "mine:make", "here:net", "mine:make"]) == [
        "mine:make",
        "here:net",
    ]
    check_model_name("mine.nets:Net.make")
    with pytest.raises(InputError, match=r"unknown model 'smal'.*module:function"):
        check_model_name("smal")


def test_objects_get_a_name(module):
    build_model(spec(f"{module}:make"), 0)
    import nets_of_mine

    assert own_model(nets_of_mine.make) == "nets_of_mine:make"
    assert own_model(nets_of_mine.Net) == "nets_of_mine:Net"

    def local(num_classes, channels):
        return nets_of_mine.Net(num_classes, channels)

    name = own_model(local)
    assert name.startswith("here:local")
    assert build_model(spec(name, code=code_of(name)), 0)(torch.rand(2, 3, 8, 8)).shape == (2, 5)
    for wrong in (nn.Linear(2, 2), 3):
        with pytest.raises(InputError, match="models: must be a callable"):
            own_model(wrong)


def test_maps_of_networks_without_forward_features(module):
    """Grad-CAM through the last module that gives maps equals Grad-CAM by hand."""
    torch.manual_seed(0)
    features = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    model = nn.Sequential(features, head)
    images = torch.randint(0, 256, (3, 3, 8, 8), dtype=torch.uint8)
    batch = Batch(images, torch.eye(5)[:3], torch.arange(3))
    maps = features((images / 255).clone()).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(head(maps).amax(1).sum(), maps)
    by_hand = (gradient.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True).relu()
    large = nn.functional.interpolate(by_hand.detach(), (8, 8), mode="bilinear")[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    expected = (large - low) / (high - low).clamp(min=1e-12)
    found = GradCam(model, lambda pixels: pixels)(batch)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)
    assert Activation(model, lambda pixels: pixels)(batch).shape == (3, 8, 8)
    assert not model[0][0]._forward_hooks
    perceptron = nn.Sequential(nn.Identity(), nn.Flatten(), nn.Linear(192, 5))
    with pytest.raises(InputError, match="no module that gives feature maps"):
        GradCam(perceptron, lambda pixels: pixels)(batch)


def test_a_module_that_is_used_twice_is_cut_at_its_last_use():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.conv, self.relu = nn.Conv2d(3, 3, 3, padding=1), nn.ReLU()
            self.linear = nn.Linear(3, 5)

        def forward(self, images):
            once = self.relu(self.conv(images))
            return self.linear(self.relu(self.conv(once)).mean((2, 3)))

    model = Twice()
    images = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    batch = Batch(images, torch.eye(5)[:2], torch.arange(2))
    maps = model.relu(model.conv(model.relu(model.conv(images / 255)))).detach()
    mean = maps.mean(1)
    low, high = mean.amin((1, 2), keepdim=True), mean.amax((1, 2), keepdim=True)
    found = Activation(model, lambda pixels: pixels)(batch)
    torch.testing.assert_close(found, (mean - low) / (high - low), atol=1e-5, rtol=0)
