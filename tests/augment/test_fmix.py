import numpy as np
import pytest
import torch
from scipy import stats

from augury.augment.mixing import fmix
from augury.augment.mixing.fmix import FMix, FMixParams, highest, low_frequency_noise
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import distinct_batch, make_batch, rows_of, soft_batch
from helpers.sampling import is_rate, sample_many

# The noise is in whole numbers of this size.
UNIT = 2.0**15 * 2.0**13 * 2.0**13


def amplitudes(height, width, decay):
    """f^-δ of each frequency of NumPy's `irfft2`; not over that of one period in the longer side.

    That is the paper's, up to a factor.
    """
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    return (np.maximum(f, 1 / max(height, width)) * max(height, width)) ** -decay


def paper_noise(spectrum, decay, size):
    """(N, H, W) from normal complex numbers (N, H, W // 2 + 1)."""
    return np.fft.irfft2(spectrum * amplitudes(*size, decay), size, norm="forward")


def complex_normal(n, height, width, seed=0):
    parts = np.random.default_rng(seed).standard_normal((2, n, height, width // 2 + 1))
    return parts[0] + 1j * parts[1]


@pytest.mark.parametrize("decay", [1.0, 3.0])
@pytest.mark.parametrize("size", [(32, 32), (9, 14), (10, 17), (1, 7), (1, 1), (2, 2), (64, 48)])
def test_noise_equals_numpys_inverse_transform(size, decay):
    spectrum = complex_normal(20, *size)
    # Frequencies of NumPy's rows are 0, 1, …, -1; ours rise.
    rows = np.fft.fftshift(spectrum, axes=1)
    normal = torch.from_numpy(np.stack((rows.real, rows.imag), 1))
    found = low_frequency_noise(normal, size, decay).numpy() / UNIT
    expected = paper_noise(spectrum, decay, size)
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.abs(expected).max())


@pytest.mark.parametrize("size", [(65, 66), (100, 224)])
def test_of_large_images_only_the_shortest_waves_are_missing(size):
    """Those of more than 32 periods a side, with less than a hundredth of the noise's spread."""
    height, width = size
    spectrum = complex_normal(4, height, width)
    periods = np.abs(np.fft.fftshift(np.fft.fftfreq(height, 1 / height)))
    rows = np.fft.fftshift(spectrum, axes=1)[:, periods.round() <= 32, :33]
    normal = torch.from_numpy(np.stack((rows.real, rows.imag), 1))
    found = low_frequency_noise(normal, size, 3.0).numpy() / UNIT
    expected = paper_noise(spectrum, 3.0, size)
    assert np.abs(found - expected).max() < 0.01 * expected.std()


def test_all_sums_are_exact():
    """Were all parts 5.6 (no draw is larger), at a pixel where all waves have their maximum."""
    for size in ((64, 64), (224, 224), (33, 224)):
        rows, columns = (len(each) for each in fmix.frequencies(size, torch.device("cpu")))
        normal = torch.full((1, 2, rows, columns), 5.6, dtype=torch.float64)
        normal[:, 1] = 0
        largest = low_frequency_noise(normal, size, 1.0).abs().max()
        assert 2 * largest < 2**53
        assert torch.special.ndtri(torch.tensor(2.0**-25, dtype=torch.float64)) > -5.6


def test_the_highest_pixels_are_chosen_the_first_of_equal_ones():
    noise = torch.tensor([[[3.0, 1.0], [3.0, 2.0]]]).expand(5, 2, 2)
    found = highest(noise, torch.arange(5)).flatten(1).int().tolist()
    assert found == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1]]


def test_by_hand():
    images = torch.stack((torch.zeros(1, 1, 4), torch.ones(1, 1, 4))).to(torch.uint8)
    own = torch.tensor([[[True, False, True, True]], [[True] * 4]])
    found = FMix().apply(distinct_batch(images), FMixParams(torch.tensor([1, 0]), own))
    assert found.images[:, 0, 0].tolist() == [[0, 1, 0, 0], [1, 1, 1, 1]]
    torch.testing.assert_close(found.targets, torch.tensor([[0.75, 0.25], [0, 1]]))


def test_stored_maps_follow():
    batch = soft_batch(0, 5, (3, 6, 7), torch.float32)
    found = FMix()(batch, Draws(0, 0, batch.ids))
    (move,) = found.moves
    assert torch.equal(move(batch.images), found.images)


@pytest.mark.parametrize("size", [(32, 32), (20, 31), (224, 160)])
def test_a_mask_is_the_same_in_any_company(size):
    batch = make_batch(torch.zeros(1, 1, *size).expand(24, -1, -1, -1))
    own = FMix().sample(batch, Draws(0, 0, batch.ids)).own
    for rows in (slice(0, 1), slice(1, 8), slice(8, 24)):
        part = rows_of(batch, rows)
        assert torch.equal(FMix().sample(part, Draws(0, 0, part.ids)).own, own[rows])


@pytest.mark.parametrize("alpha", [1.0, 0.3])
def test_the_share_of_own_pixels_is_beta_distributed(alpha):
    own = sample_many(FMix(alpha=alpha), (3, 7)).own
    counts = np.bincount(own.sum((1, 2)), minlength=22)
    edges = stats.beta(alpha, alpha).cdf((np.arange(23) - 0.5).clip(0, 21) / 21)
    assert stats.chisquare(counts, np.diff(edges) * len(own)).pvalue > 1e-4


def test_p_is_the_rate_of_mixed_images():
    own = sample_many(FMix(p=0.3), (6, 6)).own.flatten(1)
    # λ of 1 is 36 pixels of 36: half a pixel of 36 rounds to it.
    assert is_rate(~own.all(1), 0.3 * (1 - 0.5 / 36))


def edge_length(own):
    """How many neighboring pixels belong to different images."""
    across = (own[:, :, 1:] != own[:, :, :-1]).sum((1, 2))
    return across + (own[:, 1:] != own[:, :-1]).sum((1, 2))


def test_masks_have_the_shapes_of_the_papers():
    """By the length of their edges, and how far the middle pixel's neighborhood belongs to it."""
    n, side = 4000, 32
    batch = make_batch(torch.zeros(1, 1, side, side).expand(n, -1, -1, -1))
    own = FMix().sample(batch, Draws(0, 0, batch.ids)).own.numpy()
    noise = paper_noise(complex_normal(n, side, side, seed=1), 3.0, (side, side)).reshape(n, -1)
    share = np.random.default_rng(2).random(n)
    rank = noise.argsort(1)[:, ::-1].argsort(1)
    expected = (rank < np.rint(share * side**2)[:, None]).reshape(n, side, side)
    assert stats.ks_2samp(edge_length(own), edge_length(expected)).pvalue > 1e-3
    for part in (slice(0, 8), slice(12, 20)):
        here, there = (each[:, part, part].mean((1, 2)) for each in (own, expected))
        assert stats.ks_2samp(here, there).pvalue > 1e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0}, "alpha: must be over 0, got 0"),
        ({"decay": 0.5}, "decay: must be at least 1, got 0.5"),
        ({"decay": float("nan")}, "decay: must be at least 1, got nan"),
        ({"p": 1.1}, r"p: must lie in \[0, 1\], got 1.1"),
    ],
)
def test_bad_parameters_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        FMix(**arguments)
