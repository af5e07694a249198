import numpy as np
import pytest
import torch
from photos import assert_cut, photos
from scipy import stats

from augury.corruptions import corrupt
from augury.corruptions.fog import plasma
from augury.rng import Draws

CONSTANTS = {
    32: ((0.2, 3), (0.5, 3), (0.75, 2.5), (1, 2), (1.5, 1.75)),
    96: ((1.5, 2), (2, 2), (2.5, 1.7), (2.5, 1.5), (3, 1.4)),
}


def published_fractal(noise, decay):
    """Diamond-square on a torus, point by point; noise is used up in the order of the points."""
    n = round((len(noise) + 1) ** 0.5)
    heights, noise = np.zeros((n, n)), iter(noise)
    step, wibble = n, 100.0

    def fill(tops, lefts, neighbors):
        for y in range(*tops):
            for x in range(*lefts):
                around = [heights[(y + dy) % n, (x + dx) % n] for dy, dx in neighbors]
                heights[y, x] = sum(around) / 4 + wibble * wibble * next(noise)

    while step >= 2:
        half = step // 2
        diagonal = [(-half, -half), (-half, half), (half, -half), (half, half)]
        straight = [(-half, 0), (half, 0), (0, -half), (0, half)]
        fill((half, n, step), (half, n, step), diagonal)
        fill((0, n, step), (half, n, step), straight)
        fill((half, n, step), (0, n, step), straight)
        step, wibble = half, wibble / decay
    heights -= heights.min()
    return heights / heights.max()


@pytest.mark.parametrize("side", [2, 4, 8, 32])
@pytest.mark.parametrize("decay", [1.4, 3])
def test_fractal_equals_the_definition(side, decay):
    noise = np.random.default_rng(side).uniform(-1, 1, (3, side * side - 1))
    found = plasma(torch.from_numpy(noise), decay).numpy()
    expected = [published_fractal(line, decay) for line in noise]
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_fractal_by_hand():
    """Of 2×2: the middle is 0.6; its sides have it twice and the corner twice around them.

    Heights over 10,000: corner 0, middle 0.6, sides (0.6 + 0.6) / 4 - 0.5 = -0.2 and
    0.3 + 0.1 = 0.4; over -0.2 and in shares of 0.8.
    """
    found = plasma(torch.tensor([[0.6, -0.5, 0.1]], dtype=torch.float64), 3)
    expected = torch.tensor([[[0.25, 0.0], [0.75, 1.0]]], dtype=torch.float64)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("size", "side"), [((8, 8), 8), ((28, 28), 32), ((32, 20), 32), ((64, 64), 64), ((96, 70), 128)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_equals_the_definition(severity, size, side, channels):
    images, ids = photos(*size, channels, n=1), torch.tensor([17])
    amount, decay = CONSTANTS[32 if max(size) <= 64 else 96][severity - 1]
    u = Draws(0, severity, ids).uniform("corruption.fog", side * side - 1)[0].double().numpy()
    x = images[0] / 255.0
    largest = x.max()
    x = x + amount * published_fractal(2 * u - 1, decay)[: size[0], : size[1]]
    expected = np.clip(x * largest / (largest + amount), 0, 1) * 255
    found = corrupt(torch.from_numpy(images), ids, "fog", severity)
    assert_cut(found[0], expected)


def test_each_image_has_fog_of_its_own():
    """On white, fog alone is seen; maps of different images are not alike."""
    images = torch.full((200, 1, 32, 32), 255, dtype=torch.uint8)
    found = corrupt(images, torch.arange(200), "fog", 3).double().flatten(1)
    assert len(found.unique(dim=0)) == 200
    at_center = found.view(200, 32, 32)[:, 16, 16].numpy()
    neighbors = stats.pearsonr(at_center[:-1], at_center[1:]).statistic
    assert abs(neighbors) < 4 * 199**-0.5
