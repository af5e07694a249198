import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.augment.mixing.cutmix import CutMix, CutMixParams
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, soft_batch
from helpers.sampling import DRAWS, is_rate, random_partners, sampled_boxes

HEIGHT, WIDTH = 48, 64


def paper(images, targets, partner, boxes):
    """M ⊙ x_A + (1 - M) ⊙ x_B with M = 0 inside the box, pixel by pixel; λ is the mean of M."""
    mixed, labels = images.copy(), []
    for i, (j, (top, left, height, width)) in enumerate(zip(partner, boxes, strict=True)):
        pasted = 0
        for row in range(images.shape[2]):
            for column in range(images.shape[3]):
                if top <= row < top + height and left <= column < left + width:
                    mixed[i, :, row, column] = images[j, :, row, column]
                    pasted += 1
        share = 1 - pasted / (images.shape[2] * images.shape[3])
        labels.append(share * targets[i] + (1 - share) * targets[j])
    return mixed, np.stack(labels)


@given(
    seed=st.integers(0, 1000),
    shape=st.tuples(st.sampled_from([1, 3]), st.integers(1, 9), st.integers(1, 9)),
    boxes=st.lists(
        st.tuples(st.integers(-9, 9), st.integers(-9, 9), st.integers(0, 9), st.integers(0, 9)),
        min_size=1,
        max_size=5,
    ),
    dtype=st.sampled_from([torch.uint8, torch.float32, torch.bfloat16]),
)
def test_equals_the_paper(seed, shape, boxes, dtype):
    n = len(boxes)
    batch = soft_batch(seed, n, shape, dtype)
    partner = random_partners(seed, n)
    found = CutMix().apply(batch, CutMixParams(partner, *torch.tensor(boxes).T))
    assert found.images.dtype == dtype
    images, targets = batch.images.double().numpy(), batch.targets.double().numpy()
    mixed, labels = paper(images, targets, partner.numpy(), boxes)
    np.testing.assert_array_equal(found.images.double().numpy(), mixed)
    np.testing.assert_allclose(found.targets.numpy(), labels, atol=1e-6)


def test_by_hand():
    """A box of 3 by 2 whose first row is clipped leaves 2 by 2 of 12 pixels: λ = 2/3."""
    images = torch.stack((torch.zeros(1, 3, 4), torch.ones(1, 3, 4))).to(torch.uint8)
    batch = distinct_batch(images)
    box = [torch.tensor(pair) for pair in ([-1, 0], [1, 0], [3, 0], [2, 0])]
    found = CutMix().apply(batch, CutMixParams(torch.tensor([1, 0]), *box))
    assert found.images[0, 0].tolist() == [[0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]]
    assert torch.equal(found.images[1], images[1])
    torch.testing.assert_close(found.targets, torch.tensor([[2 / 3, 1 / 3], [0, 1]]))


def test_stored_maps_follow():
    batch = soft_batch(0, 5, (3, 6, 7), torch.float32)
    found = CutMix()(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    assert torch.equal(move(batch.images), found.images)


def paper_boxes(alpha, generator):
    """The paper's equations, one image at a time: area 1 - λ, center uniform, clipped."""
    shown, heights = [], []
    for share in generator.beta(alpha, alpha, DRAWS):
        height = round(HEIGHT * (1 - share) ** 0.5)
        width = round(WIDTH * (1 - share) ** 0.5)
        top = generator.integers(HEIGHT) - height // 2
        left = generator.integers(WIDTH) - width // 2
        rows = min(top + height, HEIGHT) - max(top, 0)
        columns = min(left + width, WIDTH) - max(left, 0)
        shown.append(rows * columns)
        heights.append(height)
    return np.array(shown), np.array(heights)


@pytest.mark.parametrize("alpha", [0.5, 1.0])
def test_boxes_match_the_paper(alpha):
    top, left, height, width = sampled_boxes(CutMix(alpha=alpha), HEIGHT, WIDTH)
    rows = np.minimum(top + height, HEIGHT) - np.maximum(top, 0)
    columns = np.minimum(left + width, WIDTH) - np.maximum(left, 0)
    shown, heights = paper_boxes(alpha, np.random.default_rng(0))
    assert stats.ks_2samp(rows * columns, shown).pvalue > 1e-3
    assert stats.ks_2samp(height, heights).pvalue > 1e-3
    # By the document: 1 - λ is the box's share before clipping, and its aspect is the image's.
    area = height * width / (HEIGHT * WIDTH)
    spread = stats.beta(alpha, alpha).std()
    assert abs(area.mean() - 0.5) < 4 * spread / DRAWS**0.5 + 0.5 / (HEIGHT * WIDTH)
    assert np.abs(height / HEIGHT - width / WIDTH).max() <= 0.5 / HEIGHT + 0.5 / WIDTH


def test_centers_are_uniform_over_the_pixels_and_independent():
    top, left, height, width = sampled_boxes(CutMix(), 16, 20)
    row, column = top + height // 2, left + width // 2
    for center, side in ((row, 16), (column, 20)):
        assert stats.chisquare(np.bincount(center, minlength=side)).pvalue > 1e-4
        assert len(np.bincount(center)) == side
    together = np.corrcoef(np.stack([row, column, height]))
    assert np.abs(together - np.eye(3)).max() < 4.5 / DRAWS**0.5


def test_p_is_the_rate_of_mixed_images():
    _, _, height, width = sampled_boxes(CutMix(p=0.3), 200, 200)
    # The box of 1 image in 160,000 is too small to show, less than one of these.
    mixed = (height > 0) & (width > 0)
    assert is_rate(torch.from_numpy(mixed), 0.3)
    side = (height[mixed] + np.random.default_rng(0).random(mixed.sum()) - 0.5) / 200
    assert stats.kstest(side**2, "uniform").pvalue > 1e-4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": -1}, "alpha: must be over 0, got -1"),
        ({"p": -0.1}, r"p: must lie in \[0, 1\], got -0.1"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        CutMix(**arguments)
