import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.rng import Draws, derive_key, numpy_generator, philox, torch_seed


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        # The known answers that Random123, the authors' library, ships for philox4x32-10.
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_known_answers(counter, key, expected):
    words = philox(torch.tensor(counter)[:, None], key)[:, 0]
    assert tuple(words.tolist()) == expected


def python_philox(counter, key):
    """The published algorithm, one counter at a time, in Python's integers."""
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [
            (p1 >> 32) ^ c[1] ^ k[0],
            p1 & 0xFFFFFFFF,
            (p0 >> 32) ^ c[3] ^ k[1],
            p0 & 0xFFFFFFFF,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return c


@given(
    ids=st.lists(st.integers(0, 2**62), min_size=1, max_size=4),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 2**31),
    n=st.integers(1, 9),
)
def test_bits_are_philox_of_block_id_and_epoch(ids, seed, epoch, n):
    bits = Draws(seed, epoch, torch.tensor(ids)).bits("op", n)
    key = derive_key("draws", seed, "op")
    for row, sample in zip(bits.tolist(), ids, strict=True):
        words = []
        for block in range(-(-n // 4)):
            counter = (block, sample & 0xFFFFFFFF, sample >> 32, epoch)
            words += python_philox(counter, (key & 0xFFFFFFFF, key >> 32))
        assert row == words[:n]


def test_a_draw_depends_on_its_own_sample_alone():
    ids = torch.arange(1000)
    whole = Draws(3, 7, ids).uniform("op", 6)
    order = torch.randperm(1000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Draws(3, 7, ids[order]).uniform("op", 6), whole[order])
    assert torch.equal(Draws(3, 7, ids[17:18]).uniform("op", 6), whole[17:18])
    # More draws do not change the first ones.
    assert torch.equal(Draws(3, 7, ids).uniform("op", 3), whole[:, :3])


def test_no_generator_is_read_or_advanced():
    torch.manual_seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first = Draws(0, 0, torch.arange(10)).uniform("op", 5)
    numpy_generator("order", 0).permutation(10)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()
    assert random.getstate() == before[2]
    torch.manual_seed(2)
    assert torch.equal(Draws(0, 0, torch.arange(10)).uniform("op", 5), first)


def test_uniform_is_uniform():
    u = Draws(0, 0, torch.arange(50_000)).uniform("op", 4).double().numpy()
    assert u.min() >= 0
    assert u.max() < 1
    for column in u.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-4
    # Multiples of 2^-24, so that float32 holds them exactly.
    assert (u * 2**24 == np.floor(u * 2**24)).all()


def test_bytes_are_uniform():
    found = Draws(0, 0, torch.arange(2000)).bytes("op", 101)
    assert found.shape == (2000, 101)
    counts = np.bincount(found.numpy().ravel(), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize(
    "other",
    [
        Draws(1, 0, torch.arange(20_000)),
        Draws(0, 1, torch.arange(20_000)),
        Draws(0, 0, torch.arange(1, 20_001)),
        Draws(0, 0, torch.arange(20_000) + 2**32),
    ],
    ids=["seed", "epoch", "neighbouring id", "id beyond 32 bits"],
)
def test_streams_are_uncorrelated(other):
    """20,000 pairs catch a correlation of 0.03 (4 standard errors of 1 / sqrt(20,000))."""
    a = Draws(0, 0, torch.arange(20_000)).uniform("op", 1)[:, 0]
    b = other.uniform("op", 1)[:, 0]
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(20_000)


def test_operations_have_streams_of_their_own():
    draws = Draws(0, 0, torch.arange(20_000))
    a, b = draws.uniform("flip", 1)[:, 0], draws.uniform("erase", 1)[:, 0]
    assert abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(20_000)
    columns = draws.uniform("flip", 8).numpy()
    off_diagonal = np.corrcoef(columns.T) - np.eye(8)
    assert np.abs(off_diagonal).max() < 4.5 / np.sqrt(20_000)


def test_keys_tell_their_parts_apart():
    keys = {derive_key("a", 1), derive_key("a1"), derive_key("a", 1, 0), derive_key("a", 10)}
    assert len(keys) == 4
    assert 0 <= torch_seed("weights", 0) < 2**63
    # Fixed for ever: a change would change every study.
    assert derive_key("draws", 0, "normal") == 17050092929135492790
