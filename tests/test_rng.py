import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from augury.errors import InputError
from augury.kernels.philox import philox
from augury.rng import Draws, KeyTable, derive_key, numpy_generator, torch_seed


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


# 2^64 / 1.618...
GOLDEN = 11400714819323198485


@given(
    ids=st.lists(st.integers(0, 2**62), min_size=1, max_size=4),
    seed=st.integers(0, 2**40),
    epoch=st.integers(0, 2**32 - 1),
    n=st.integers(1, 9),
)
def test_bits_are_philox_of_block_id_and_epoch(ids, seed, epoch, n):
    """Of the second copy of an id, of the id plus 2^64 over the golden ratio, and so on."""
    bits = Draws(seed, epoch, torch.tensor(ids)).bits("op", n)
    key = derive_key("draws", seed, "op")
    for i, row in enumerate(bits.tolist()):
        sample = (ids[i] + ids[:i].count(ids[i]) * GOLDEN) % 2**64
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
    ids=["seed", "epoch", "neighboring id", "id beyond 32 bits"],
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


def test_bits_of_ids_that_come_once_are_those_of_every_study():
    """Computed before copies had draws of their own."""
    ids = torch.tensor([0, 7, 2**40 + 3, 12345])
    assert Draws(3, 7, ids).bits("flip", 5).tolist() == [
        [2389647817, 1596378129, 3315963192, 2414822022, 3437146197],
        [2428782489, 417569680, 1030494959, 180477665, 3760276542],
        [3651911527, 2641248721, 248016233, 1432963679, 723114539],
        [3579868420, 241150406, 1346298517, 2787776607, 2889137201],
    ]
    assert Draws(0, 2**32 - 1, ids, "/1").bits("flip", 5).tolist() == [
        [791207444, 1086294010, 1452519915, 1213288038, 604875269],
        [3664537959, 142381636, 3557696442, 2782996958, 4167284713],
        [3878452844, 890042548, 3186732812, 3979745154, 2867698094],
        [482144391, 2332944175, 1073582095, 1736315701, 2346312222],
    ]


def test_copies_of_an_image_have_draws_of_their_own():
    """20,000 copies of one image, and the same many of its neighbor."""
    n = 20_000
    one, other = (Draws(0, 0, torch.full((n,), i)).uniform("op", 2).numpy() for i in (5, 6))
    alone = Draws(0, 0, torch.tensor([5])).uniform("op", 2).numpy()
    assert (one[0] == alone[0]).all()
    assert stats.kstest(one[:, 0], "uniform").pvalue > 1e-4
    pairs = [(one[1:], one[:-1]), (one[2:], one[:-2]), (one, other), (one[1:], other[:-1])]
    for a, b in [*pairs, (one, one[:, ::-1])]:
        assert abs(np.corrcoef(a[:, 0], b[:, 0])[0, 1]) < 4.5 / np.sqrt(n)


@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_the_order_of_copies_makes_no_difference(ids, seed):
    order = list(range(len(ids)))
    random.Random(seed).shuffle(order)
    here, there = torch.tensor(ids), torch.tensor(ids)[order]
    drawn = [
        sorted(zip(each.tolist(), Draws(seed, 1, each).bits("op", 2).tolist(), strict=True))
        for each in (here, there)
    ]
    assert drawn[0] == drawn[1]
    assert len({tuple(words) for _, words in drawn[0]}) == len(ids)


def test_repeats_that_are_given_are_those_that_count_by_themselves():
    ids = torch.tensor([4, 4, 9, 4, 9])
    repeats = torch.tensor([0, 1, 0, 2, 1])
    whole = Draws(1, 2, ids).bits("op", 3)
    assert torch.equal(Draws(1, 2, ids, repeats=repeats).bits("op", 3), whole)
    for i in range(5):
        one = Draws(1, 2, ids[i : i + 1], repeats=repeats[i : i + 1])
        assert torch.equal(one.bits("op", 3), whole[i : i + 1])


def test_no_copy_gets_the_number_of_another_image():
    """Two of the ids 0..2^42 meet only where multiples of the step lie less than 2^42 apart."""
    multiples = np.arange(1, 2**20 + 1, dtype=np.uint64) * np.uint64(GOLDEN)
    assert np.minimum(multiples, -multiples).min() > 2**42


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"epoch": -1}, "epoch: must be at least 0, got -1"),
        ({"epoch": 2**32}, "epoch: must be at most 4294967295, got 4294967296"),
        ({"epoch": 7 + 2**32}, "epoch: must be at most 4294967295, got 4294967303"),
        ({"epoch": 7.0}, "epoch: must be a whole number, got 7.0"),
        ({"epoch": "7"}, "epoch: must be a whole number, got '7'"),
        ({"seed": 3.0}, "seed: must be a whole number, got 3.0"),
        ({"seed": None}, "seed: must be a whole number, got None"),
        ({"seed": torch.tensor(3)}, r"seed: must be a whole number, got tensor\(3\)"),
        (
            {"ids": torch.arange(3.0)},
            r"ids: must be an int64 tensor of shape \(B,\), got .*float32",
        ),
        ({"ids": torch.arange(3, dtype=torch.int32)}, "ids: must be an int64 tensor .*int32"),
        ({"ids": torch.zeros(3, 1, dtype=torch.int64)}, "ids: must be an int64 tensor of shape"),
        ({"ids": [0, 1, 2]}, "ids: must be an int64 tensor"),
        ({"repeats": torch.zeros(3)}, "repeats: must be an int64 tensor"),
        ({"repeats": torch.arange(2)}, "repeats: must be 3, one for each id, got 2"),
    ],
)
def test_what_is_out_of_range_is_refused(given, message):
    with pytest.raises(InputError, match=message) as raised:
        Draws(**{"seed": 0, "epoch": 0, "ids": torch.arange(3), **given})
    assert "\n" not in str(raised.value)


def test_draws_of_copies_compile_in_one_piece():
    """Made within the step, as a step that is captured as a whole makes them."""

    def step(ids, epoch):
        return Draws(3, epoch, ids).uniform("op", 5)

    torch.compiler.reset()
    compiled = torch.compile(step, backend="eager", fullgraph=True)
    for epoch in (0, 1, 2):
        ids = torch.tensor([5, 1, 5, 5, 2, 1])
        assert torch.equal(compiled(ids, epoch), step(ids, epoch))


def test_keys_and_epochs_in_tensors_give_the_same_bits():
    """One table serves every seed and epoch, as a graph that reads it must."""
    ids = torch.tensor([5, 1, 7, 2**40 + 3])
    table, epoch = KeyTable(3, ids.device), torch.zeros((), dtype=torch.int64)
    draws = Draws(table, epoch, ids)
    scoped = Draws(table, epoch, ids, scope="/1")
    first = draws.stream("op"), scoped.stream("op"), draws.stream("fill")
    for seed, at in ((3, 0), (-5, 7), (2**70, 2**32 - 1)):
        table.fill(seed)
        epoch.fill_(at)
        plain = Draws(seed, at, ids)
        expected = plain.stream("op"), Draws(seed, at, ids, scope="/1").stream("op")
        for stream, reference in zip(first, (*expected, plain.stream("fill")), strict=True):
            assert torch.equal(stream.bits(7), reference.bits(7))
            assert torch.equal(stream.bytes(5), reference.bytes(5))
        assert torch.equal(draws.uniform("new since then", 3), plain.uniform("new since then", 3))
        # A new operation has moved no other's row.
        assert torch.equal(first[0].bits(2), expected[0].bits(2))


def test_an_epoch_in_a_tensor_must_be_one_whole_number():
    for epoch in (torch.zeros(2, dtype=torch.int64), torch.tensor(7.0)):
        with pytest.raises(InputError, match="epoch: must be a whole number, got tensor"):
            Draws(0, epoch, torch.arange(3))
