import copy

import numpy as np
import pytest
import torch
from captum.attr import Saliency

from augury.batch import Batch, to_float
from augury.errors import InputError
from augury.saliency import GradientMap, InputGradient, absolute_map, gray_map, squared_map
from augury.saliency.gradient import SCORES
from helpers.batches import soft_batch
from helpers.networks import Tiny, left_as_it_was, normalize


@pytest.fixture
def batch():
    return soft_batch()


def score(logits, targets, of, largest):
    """Of one image, in NumPy."""
    if of == "largest":
        return logits[largest]
    if of == "label":
        return targets @ logits
    shifted = logits - logits.max()
    return -targets @ (shifted - np.log(np.exp(shifted).sum()))


@pytest.mark.parametrize("of", SCORES)
def test_equals_finite_differences(batch, of):
    model = Tiny()
    found = InputGradient(model, normalize, of)(batch).numpy()
    reference = copy.deepcopy(model).double().eval()
    x = normalize(batch.images.double() / 255)
    step = 1e-5
    targets = batch.targets.double().numpy()
    with torch.no_grad():
        largest = reference(x).argmax(1)
        for image, channel, row, column in np.random.default_rng(0).integers(
            (4, 3, 6, 6), size=(40, 4)
        ):
            scores = []
            for sign in (1, -1):
                moved = x.clone()
                moved[image, channel, row, column] += sign * step
                logits = reference(moved)[image].numpy()
                scores.append(score(logits, targets[image], of, largest[image]))
            expected = (scores[0] - scores[1]) / (2 * step)
            assert found[image, channel, row, column] == pytest.approx(expected, abs=1e-4)


def test_equals_captum(batch):
    model = Tiny().eval()
    pixels = normalize(to_float(batch.images)).requires_grad_()
    largest = model(pixels).argmax(1)
    expected = Saliency(model).attribute(pixels, target=largest, abs=False)
    torch.testing.assert_close(InputGradient(model, normalize)(batch), expected)
    sizes = Saliency(model).attribute(pixels, target=largest)
    mean = sizes.mean(1)
    found = GradientMap(InputGradient(model, normalize), absolute_map)(batch)
    torch.testing.assert_close(found, mean / mean.amax((1, 2), keepdim=True))
    # With a single class the label's score is that class's logit.
    labels = torch.tensor([4, 0, 2, 2])
    hard = Batch(batch.images, torch.eye(5)[labels], batch.ids)
    expected = Saliency(model).attribute(pixels, target=labels, abs=False)
    torch.testing.assert_close(InputGradient(model, normalize, "label")(hard), expected)


@pytest.mark.parametrize("of", SCORES)
def test_the_network_is_as_before(batch, of):
    model = Tiny().train()
    model.norm.eval()  # a mixed mode, as when a backbone is frozen
    with left_as_it_was(model):
        gradient = InputGradient(model, normalize, of)(batch)
    assert not gradient.requires_grad


def test_works_where_gradients_are_off(batch):
    with torch.no_grad():
        assert InputGradient(Tiny(), normalize)(batch).abs().sum() > 0


@pytest.mark.parametrize("of", ["label", "loss"])
def test_targets_of_other_classes_are_refused(batch, of):
    with pytest.raises(InputError, match="targets: K is 5, the network has 1000 classes"):
        InputGradient(Tiny(classes=1000), normalize, of)(batch)
    assert InputGradient(Tiny(classes=1000), normalize)(batch).shape == (4, 3, 6, 6)


def test_an_unknown_score_is_refused():
    with pytest.raises(InputError, match=r"unknown score 'lable'. Did you mean 'label'"):
        InputGradient(Tiny(), normalize, "lable")


def test_a_gray_image_before_a_network_for_colors_is_three_equal_channels(batch):
    model = Tiny()
    mean = torch.tensor([0.5, 0.4, 0.3]).view(3, 1, 1)
    gray = Batch(batch.images[:, :1], batch.targets, batch.ids)
    colored = Batch(gray.images.expand(-1, 3, -1, -1), batch.targets, batch.ids)
    found = InputGradient(model, lambda images: images - mean)(gray)
    three = InputGradient(model, lambda images: images - mean)(colored)
    assert found.shape == (4, 1, 6, 6)
    torch.testing.assert_close(found[:, 0], three[:, 0] + three[:, 1] + three[:, 2])


def test_gray_map_is_the_reports_formula():
    gradient = torch.tensor([[[[1.0, -2.0]], [[0.5, 0.0]], [[0.5, 1.0]]]])
    # Sums over channels: 2 and -1.
    assert gray_map(gradient).tolist() == [[[1.0, 0.0]]]
    assert gray_map(torch.ones(1, 3, 2, 2)).tolist() == [[[0.0, 0.0], [0.0, 0.0]]]


def test_absolute_and_squared_map_by_hand():
    gradient = torch.tensor([[[[3.0, -1.0]], [[-4.0, 0.0]]], [[[0.0, 0.0]], [[0.0, 0.0]]]])
    # Means of sizes: 3.5 and 0.5; root mean squares: sqrt(12.5) and sqrt(0.5).
    assert absolute_map(gradient).flatten().tolist() == pytest.approx([1, 1 / 7, 0, 0])
    assert squared_map(gradient).flatten().tolist() == pytest.approx([1, 0.2, 0, 0])


def test_gradient_map_lies_in_0_1_and_reaches_both(batch):
    maps = GradientMap(InputGradient(Tiny(), normalize))(batch)
    assert maps.shape == (4, 6, 6)
    assert maps.amin((1, 2)).tolist() == [0] * 4
    assert maps.amax((1, 2)).tolist() == [1] * 4
