import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from scipy.fft import dctn

from augury.data.leakage import perceptual_hash
from augury.data.leakage.perceptual_hash import BITS, close_pairs, gray_images, hash_signs


def signs(seed: int, n: int) -> np.ndarray:
    """Random hashes, half of them a few bits from others, as random ones are hardly ever close."""
    generator = np.random.default_rng(seed)
    made = generator.choice(np.float32([-1, 1]), (n, BITS))
    for row in range(n // 2):
        made[row] = made[-1 - row]
        made[row, generator.integers(0, BITS, row % 30)] *= -1
    return made


def slow_pairs(first, second, radius) -> set[tuple[int, int]]:
    return {
        (i, j)
        for i, one in enumerate(first)
        for j, other in enumerate(second)
        if sum(a != b for a, b in zip(one, other, strict=True)) <= radius
    }


@given(
    st.integers(0, 99), st.integers(0, 20), st.integers(0, 20), st.integers(0, 20), st.booleans()
)
def test_close_pairs_are_those_of_a_loop_over_all(seed, n, m, radius, small_blocks):
    everything = signs(seed, n + m)
    first, second = everything[:n], everything[n:]
    with pytest.MonkeyPatch.context() as patch:
        if small_blocks:
            patch.setattr(perceptual_hash, "_BLOCK", (3, 4))
        blocks = list(close_pairs(first, second, radius))
    pairs = [pair for rows, columns in blocks for pair in zip(rows, columns, strict=True)]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == slow_pairs(first, second, radius)


def test_a_block_is_bounded_where_all_hashes_are_equal():
    alike = np.ones((200, BITS), np.float32)
    blocks = list(close_pairs(alike, np.ones((9000, BITS), np.float32), 0))
    assert max(len(rows) for rows, _ in blocks) == 64 * 4096
    assert sum(len(rows) for rows, _ in blocks) == 200 * 9000


def test_gray_by_hand():
    image = np.zeros((1, 3, 8, 8), np.uint8)
    image[0, :, 0, 0] = 200, 100, 50
    gray = gray_images(image)
    assert gray[0, 0, 0] == pytest.approx(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    assert gray.sum() == gray[0, 0, 0]
    single = np.arange(64, dtype=np.uint8).reshape(1, 1, 8, 8)
    np.testing.assert_array_equal(gray_images(single), single[:, 0])


@pytest.mark.parametrize("side", [33, 48, 64, 100])
def test_shrinking_by_area_equals_pillows_box_filter(generator, side):
    image = generator.integers(0, 256, (1, 1, side, side), dtype=np.uint8)
    pillow = Image.fromarray(image[0, 0]).convert("F").reduce(2) if side == 64 else None
    if pillow is not None:
        np.testing.assert_allclose(gray_images(image)[0], np.asarray(pillow), atol=1e-3)
    # Each pixel 32 times as fine, then the mean over blocks of `side`: exact for every side.
    fine = image[0, 0].astype(float).repeat(32, 0).repeat(32, 1)
    expected = fine.reshape(32, side, 32, side).mean((1, 3))
    np.testing.assert_allclose(gray_images(image)[0], expected, rtol=1e-5)


@pytest.mark.parametrize("side", [8, 16, 32])
def test_bits_are_those_of_scipys_transform(generator, side):
    gray = generator.random((5, side, side)).astype(np.float32)
    low = dctn(gray.astype(float), axes=(1, 2), norm="ortho")[:, :8, :8].reshape(5, -1)[:, 1:]
    least = np.median(low, axis=1) + 0.02 * np.abs(low).mean(axis=1)
    expected = np.where(low > least[:, None], 1, -1)
    np.testing.assert_array_equal(hash_signs(gray), expected)
    assert hash_signs(gray).shape == (5, BITS)


def test_brightness_and_contrast_leave_the_hash(generator):
    gray = generator.random((20, 32, 32)).astype(np.float32) * 255
    np.testing.assert_array_equal(hash_signs(gray * 0.5 + 20), hash_signs(gray))


def test_rounding_does_not_decide_the_bits_of_a_symmetric_image(generator):
    half = generator.random((50, 32, 16)) * 200
    gray = np.concatenate([half, half[:, :, ::-1]], axis=2)
    plain, rounded = hash_signs(gray.astype(np.float32)), hash_signs(np.rint(gray + 10))
    # 32 of the 63 frequencies are 0 in such images; by chance 16 bits would differ.
    assert (plain != rounded).sum(axis=1).max() <= 4


def test_different_images_differ_in_about_half_of_their_bits(generator):
    some = hash_signs(generator.random((2000, 32, 32)).astype(np.float32))
    differing, share = (some[:1000] != some[1000:]).sum(axis=1), (some > 0).mean()
    # Bits are independent between images, each set with the share's probability; nearly half, as
    # at most 31 of the 63 are above the median. Five standard errors are 0.64.
    assert 29.5 < share * BITS <= 31
    assert abs(differing.mean() - 2 * share * (1 - share) * BITS) < 0.64
