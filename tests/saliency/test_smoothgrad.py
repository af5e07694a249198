import copy

import numpy as np
import pytest
import torch
from scipy import stats

from augury.errors import InputError
from augury.rng import Draws
from augury.saliency import InputGradient, SmoothGrad
from augury.saliency.smoothgrad import standard_normal
from helpers.batches import rows_of, soft_batch
from helpers.networks import Tiny, left_as_it_was, normalize


def test_equals_the_mean_of_single_noisy_gradients():
    model, batch = Tiny(), soft_batch()
    found = SmoothGrad(InputGradient(model, normalize), copies=5, noise=0.2, seed=3)(batch)
    reference = copy.deepcopy(model).double().eval()
    for i, sample in enumerate(batch.ids.tolist()):
        image = batch.images[i].double().numpy() / 255
        deviation = 0.2 * (image.max() - image.min())
        total = np.zeros_like(image)
        for repeat in range(5):
            draws = Draws(3, 0, torch.tensor([sample]))
            words = draws.bits(f"smoothgrad {repeat}", 108).numpy().reshape(3, 6, 6)
            noise = stats.norm.ppf(((words >> 8) + 0.5) / 2**24)
            noisy = torch.from_numpy(normalize(image + deviation * noise)[None]).requires_grad_()
            reference(noisy).max().backward()
            total += noisy.grad[0].numpy()
        np.testing.assert_allclose(found[i].numpy(), total / 5, atol=1e-5)


def test_noise_is_standard_normal():
    """By Kolmogorov and Smirnov, on the p-values of 20 seeds' own tests."""
    chances = []
    for seed in range(20):
        noise = standard_normal(Draws(seed, 0, torch.arange(50)), "smoothgrad 0", 1000)
        assert noise.isfinite().all()
        chances.append(stats.kstest(noise.flatten().double().numpy(), "norm").pvalue)
    assert stats.kstest(chances, "uniform").pvalue > 0.01


def test_it_repeats_in_any_order_and_differs_by_seed():
    def gradient(batch):
        return batch.images  # what it returns is then the mean of the noisy images

    batch = soft_batch()
    whole = SmoothGrad(gradient)(batch)
    for order in (torch.tensor([2, 0, 3, 1]), torch.tensor([1, 1, 3])):
        shuffled = rows_of(batch, order)
        assert torch.equal(SmoothGrad(gradient)(shuffled), whole[order])
    assert not torch.equal(SmoothGrad(gradient, seed=1)(batch), whole)
    assert not torch.equal(SmoothGrad(gradient, epoch=1)(batch), whole)
    torch.testing.assert_close(SmoothGrad(gradient, noise=0)(batch), batch.images / 255)


def test_the_network_is_as_before():
    model = Tiny().train()
    with left_as_it_was(model):
        SmoothGrad(InputGradient(model, normalize), copies=2)(soft_batch())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"copies": 0}, "copies: must be at least 1, got 0"), ({"noise": -1}, "noise: must be at le")],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        SmoothGrad(lambda batch: batch.images, **arguments)
