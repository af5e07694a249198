import numpy as np
import torch

from augury.augment.color.enhance import blend, luma, mean_luma


def noise(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_luma_by_hand():
    images = torch.tensor([[1.0, 0, 0, 1, 0.5], [0, 1, 0, 1, 0.5], [0, 0, 1, 1, 0.5]])
    found = luma(images.view(1, 3, 1, 5)).flatten()
    torch.testing.assert_close(found, torch.tensor([0.299, 0.587, 0.114, 1.0, 0.5]))


def test_luma_of_gray_images_is_the_image():
    images = noise(2, 1, 3, 4)
    assert torch.equal(luma(images), images)


def test_mean_luma_does_not_depend_on_the_batch():
    images = noise(7, 3, 224, 224)
    whole = mean_luma(images)
    expected = np.tensordot([0.299, 0.587, 0.114], images.double().mean((2, 3)).numpy().T, 1)
    np.testing.assert_allclose(whole.flatten().numpy(), expected, atol=1e-7)
    for i in range(7):
        assert torch.equal(mean_luma(images[i : i + 1]), whole[i : i + 1])


def test_blend_keeps_extrapolates_and_clips():
    images, other = torch.full((4, 1, 1, 1), 0.6), torch.full((4, 1, 1, 1), 0.2)
    found = blend(images, other, torch.tensor([0.0, 1.0, 1.5, 3.0])).flatten()
    torch.testing.assert_close(found, torch.tensor([0.2, 0.6, 0.8, 1.0]))


def test_a_factor_of_one_keeps_every_bit():
    images, other = noise(2, 3, 9, 9), noise(3, 2, 9, 9).transpose(0, 1)
    assert torch.equal(blend(images, other, torch.ones(2)), images)
