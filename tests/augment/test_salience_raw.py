import numpy as np
import pytest
import torch
from torch import nn

from augury.augment import SalienceRaw
from augury.batch import Batch
from augury.errors import InputError
from augury.models import ModelSpec, build_model
from augury.rng import Draws
from augury.saliency import InputGradient
from augury.training import Normalize
from helpers.batches import make_batch

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def report_formula(image, model):
    """The report's code for one (C, H, W) image in 0..255: `mix * gradient + image / mix`."""
    mean, std = (torch.tensor(v).double().view(3, 1, 1) for v in (MEAN, STD))
    preprocessed = ((torch.from_numpy(image) / 255 - mean) / std)[None].requires_grad_()
    result = model(preprocessed)
    max_score = result[0, int(result.argmax(1))]
    max_score.backward()
    return 2 * preprocessed.grad[0].numpy() + image / 2


@pytest.fixture(scope="module")
def model():
    # In double precision: where a unit of a ReLU network is zero but for rounding, two orders of
    # single-precision sums have two gradients. With larger weights than at first, so that gradients
    # are of order 1 and can be seen.
    network = build_model(ModelSpec("small", 10, 3), seed=0).eval().double()
    with torch.no_grad():
        network.classifier.weight.mul_(50_000)
    return network


def check_against_report(images, model):
    batch = make_batch(torch.from_numpy(images))
    augment = SalienceRaw(InputGradient(model, Normalize(MEAN, STD).double()))
    found = augment(batch, Draws(0, 0, batch.ids)).images.numpy()
    changed = 0.0
    for one, image in zip(found, images, strict=True):
        expected = report_formula(image.astype(np.float32), model) / 255
        np.testing.assert_allclose(one, expected.clip(0, 1), atol=1e-6)
        changed = max(changed, np.abs(expected - image / 510).max())
    return changed


def test_equals_the_reports_formula_one_image_at_a_time(model):
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 32, 32), dtype=np.uint8)
    assert check_against_report(images, model) > 0.001


@pytest.mark.real_data
def test_equals_the_reports_formula_on_real_images(model, real_data):
    from augury.data import load_dataset

    train = load_dataset("cifar10", data_dir=real_data).train
    assert check_against_report(np.array(train.images[:20]), model) > 0.001


def test_the_scale_is_that_of_0_to_255():
    batch = Batch(
        torch.full((1, 1, 2, 2), 100, dtype=torch.uint8), torch.ones(1, 1), torch.zeros(1).long()
    )
    gradient = torch.tensor([[0.0, 1.0], [-1.0, 200.0]]).view(1, 1, 2, 2)
    found = SalienceRaw(lambda b: gradient)(batch, Draws(0, 0, batch.ids)).images
    expected = torch.tensor([[50.0, 52.0], [48.0, 255.0]]) / 255
    assert torch.allclose(found[0, 0], expected)


def test_a_bad_mix_is_named():
    with pytest.raises(InputError, match="mix: must be over 0, got 0"):
        SalienceRaw(nn.Identity(), mix=0)
