import pytest
import torch
import torch.nn.functional as F

from augury.saliency import AtSize, GradientMap, InputGradient
from helpers.batches import soft_batch
from helpers.networks import Tiny, normalize


@pytest.mark.parametrize("shape", [(3, 8, 8), (3, 7, 9)])
def test_equals_a_network_that_is_shown_the_images_shrunk(shape):
    """Maps are enlarged; a gradient is shared by the pixels that a small one stands for."""
    batch, gradient = soft_batch(shape=shape), InputGradient(Tiny(), normalize)
    floats = batch.images.float() / 255
    small = F.interpolate(floats, (6, 6), mode="bilinear", antialias=True).clamp(0, 1)
    for saliency, scale in ((GradientMap(gradient), 1), (gradient, shape[1] * shape[2] / 36)):
        found, maps = AtSize(saliency, 6)(batch), saliency(batch.with_images(small))
        planes = maps if maps.ndim == 4 else maps[:, None]
        large = F.interpolate(planes, shape[1:], mode="bilinear", align_corners=False) / scale
        torch.testing.assert_close(found.reshape(large.shape), large, atol=1e-6, rtol=1e-5)


def test_images_of_the_size_are_seen_as_they_are():
    batch, saliency = soft_batch(shape=(3, 6, 6)), GradientMap(InputGradient(Tiny(), normalize))
    assert torch.equal(AtSize(saliency, 6)(batch), saliency(batch))
