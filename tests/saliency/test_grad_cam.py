import pytest
import torch
import torch.nn.functional as F
from captum.attr import LayerActivation, LayerGradCam
from torch import nn

from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.models import MODELS, ModelSpec, build_model
from augury.saliency import Activation, GradCam
from helpers.batches import soft_batch
from helpers.networks import Tiny, left_as_it_was, normalize


def make_network(name, channels=3):
    """With statistics of its own, as after training."""
    model = build_model(ModelSpec(name, 5, channels), 0)
    generator = torch.Generator().manual_seed(0)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.1, 0.1, generator=generator)
            module.running_var.uniform_(0.8, 1.2, generator=generator)
    return model


LAST_MAPS = {
    "small": lambda model: model.features,
    "resnet18": lambda model: model.backbone.layer4,
    "timm:resnet10t": lambda model: model.layer4,
}


def by_hand(maps, size):
    large = F.interpolate(maps, (size, size), mode="bilinear")[:, 0]
    low, high = large.amin((1, 2), keepdim=True), large.amax((1, 2), keepdim=True)
    return (large - low) / (high - low).clamp(min=1e-12)


@pytest.mark.parametrize("name", LAST_MAPS)
def test_equals_captum(name):
    model, batch = make_network(name).eval(), soft_batch(shape=(3, 64, 64))
    layer = LAST_MAPS[name](model)
    pixels = normalize(to_float(batch.images))
    logits = model(pixels)
    largest = logits.argmax(1)
    expected = LayerGradCam(model, layer).attribute(pixels, target=largest, relu_attributions=True)
    assert expected.shape[-1] > 1
    assert (expected.amax((1, 2, 3)) > 0).any()
    found = GradCam(model, normalize)(batch)
    torch.testing.assert_close(found, by_hand(expected.detach(), 64), atol=1e-4, rtol=0)
    labels = torch.tensor([4, 0, 2, 2])
    hard = Batch(batch.images, torch.eye(5)[labels], batch.ids)
    expected = LayerGradCam(model, layer).attribute(pixels, target=labels, relu_attributions=True)
    found = GradCam(model, normalize, "label")(hard)
    torch.testing.assert_close(found, by_hand(expected.detach(), 64), atol=1e-4, rtol=0)
    active = LayerActivation(model, layer).attribute(pixels).detach().mean(1, keepdim=True)
    torch.testing.assert_close(
        Activation(model, normalize)(batch), by_hand(active, 64), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_maps(name):
    model, batch = make_network(name, channels=1), soft_batch(n=2, shape=(1, 64, 64))
    for saliency in (GradCam(model, normalize), Activation(model, normalize)):
        maps = saliency(batch)
        assert maps.shape == (2, 64, 64)
        assert maps.min() >= 0
        assert maps.max() <= 1
    assert (maps.amax((1, 2)) == 1).all()


@pytest.mark.parametrize("kind", [GradCam, Activation])
def test_the_network_is_as_before(kind):
    model = Tiny().train()
    with left_as_it_was(model):
        assert not kind(model, normalize)(soft_batch()).requires_grad
    with torch.no_grad(), left_as_it_was(model):
        kind(model, normalize)(soft_batch())


class ChannelsLast(Tiny):
    """As timm's Swin: features (B, h, w, F)."""

    num_features = 4

    def forward_features(self, x):
        return super().forward_features(x).movedim(1, 3)

    def forward(self, x):
        return self.linear(self.forward_features(x).movedim(3, 1).flatten(1))


def test_channels_last_are_found_out():
    batch = soft_batch()
    for kind in (GradCam, Activation):
        expected = kind(Tiny(), normalize)(batch)
        torch.testing.assert_close(kind(ChannelsLast(), normalize)(batch), expected)


class Tokens(Tiny):
    def forward_features(self, x):
        return super().forward_features(x).flatten(2)


def test_a_network_without_maps_is_refused():
    with pytest.raises(InputError, match=r"Tokens: its features are no maps .*, but \(4, 4, 36\)"):
        GradCam(Tokens(), normalize)(soft_batch())
    with pytest.raises(InputError, match="Flatten: has no forward_features"):
        GradCam(nn.Flatten(), normalize)(soft_batch())


def test_a_failed_pass_leaves_the_network_as_it_was():
    model = Tiny()
    with left_as_it_was(model), pytest.raises(RuntimeError):
        GradCam(model, normalize)(soft_batch(shape=(3, 7, 7)))
