import numpy as np
import pytest
import torch
from torch import nn

from augury.corruptions import CORRUPTIONS, corrupt
from augury.data import limit_train, load_dataset
from augury.study.running.robustness import measure_robustness


class ByTopRow(nn.Module):
    """Calls an image by how bright its upper half is: something that corruptions change."""

    device = torch.device("cpu")

    def predict(self, images):
        level = images[:, 0, :8].float().mean(dim=(1, 2)) / 255
        return -(level[:, None] * 20 - torch.arange(10)).abs()


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def test_every_image_alone_gives_the_same(digits):
    network = ByTopRow()
    found = measure_robustness(network, digits, digits.test, 30, 7)
    chosen = limit_train(digits.test, 30, 0)
    assert found.images == 30
    assert list(found.accuracy) == list(CORRUPTIONS)
    for name in CORRUPTIONS:
        expected = []
        for severity in (1, 2, 3, 4, 5):
            right = 0
            for image, label, id in zip(chosen.images, chosen.labels, chosen.ids, strict=True):
                one = torch.tensor(image[None]), torch.tensor([id])
                right += network.predict(corrupt(*one, name, severity)).argmax(1).item() == label
            expected.append(right / 30)
        assert found.accuracy[name] == pytest.approx(expected)
    clean = network.predict(torch.tensor(chosen.images)).argmax(1).numpy() == chosen.labels
    assert found.clean == pytest.approx(clean.mean())
    # The network is one that corruptions reach.
    assert np.ptp(list(found.accuracy.values())) > 0


def test_images_that_were_kept_give_the_same_again(digits):
    first = measure_robustness(ByTopRow(), digits, digits.test, 25, 8)
    assert measure_robustness(ByTopRow(), digits, digits.test, 25, 8) == first
    # Another choice of images is not mistaken for the kept one.
    other = measure_robustness(ByTopRow(), digits, digits.test, 40, 8)
    assert other.images == 40


def test_at_least_one_image_of_each_class_and_at_most_all(digits):
    assert measure_robustness(ByTopRow(), digits, digits.test, 1, 8).images == 10
    few = limit_train(digits.test, 15, 0)
    assert measure_robustness(ByTopRow(), digits, few, 200, 8).images == 15
