import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from augury.augment.mixing.partners import draw_partners, mix
from augury.rng import Draws
from helpers.batches import distinct_batch


def test_partners_form_one_circle():
    ids = torch.randperm(10**6, generator=torch.Generator().manual_seed(0))[:57]
    partner = draw_partners(Draws(0, 0, ids), "x")
    seen, at = [], 0
    for _ in range(57):
        seen.append(at)
        at = int(partner[at])
    assert at == 0
    assert sorted(seen) == list(range(57))


def test_partners_depend_on_ids_not_on_places():
    ids = torch.arange(40) * 7
    here = ids[draw_partners(Draws(2, 3, ids), "x")]
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))
    there = ids[order][draw_partners(Draws(2, 3, ids[order]), "x")]
    assert torch.equal(there, here[order])


def test_every_other_sample_is_equally_likely():
    """20,000 epochs of a batch of five: each of four partners a quarter of the time."""
    counts = torch.zeros(5, 5)
    for epoch in range(20_000 // 5):
        partner = draw_partners(Draws(0, epoch, torch.arange(5)), "x")
        counts[torch.arange(5), partner] += 1
    rates = counts / counts.sum(1, keepdim=True)
    assert (rates.diagonal() == 0).all()
    error = (0.25 * 0.75 / 4000) ** 0.5
    assert (rates[~torch.eye(5, dtype=torch.bool)] - 0.25).abs().max() < 4.5 * error


def test_alone_is_its_own_partner():
    assert draw_partners(Draws(0, 0, torch.tensor([5])), "x").tolist() == [0]


@pytest.mark.parametrize("kind", ["mask", "blend"])
def test_mix_by_hand(kind):
    images = torch.tensor([[[[0, 40, 80]]], [[[200, 220, 240]]]], dtype=torch.uint8)
    batch = distinct_batch(images)
    mask = torch.tensor([[[1.0, 0.0, 0.0]], [[1.0, 1.0, 1.0]]])
    share = torch.tensor([1 / 3, 1.0])
    if kind == "mask":
        found = mix(batch, torch.tensor([1, 0]), mask.bool(), share)
        assert found.images.tolist() == [[[[0, 220, 240]]], [[[200, 220, 240]]]]
    else:
        found = mix(batch, torch.tensor([1, 0]), mask / 2, share)
        expected = torch.tensor([[[[100, 220, 240]]], [[[100, 130, 160]]]]) / 255
        torch.testing.assert_close(found.images, expected)
    torch.testing.assert_close(found.targets, torch.tensor([[1 / 3, 2 / 3], [0, 1]]))


def test_partners_of_ids_that_come_once_are_those_of_every_study():
    """Computed before copies passed over each other."""
    ids = (torch.arange(20) * 37 + 5) % 101
    assert draw_partners(Draws(2, 3, ids), "mixup").tolist() == [
        *(15, 7, 18, 11, 9, 8, 5, 12, 0, 3, 19, 17, 16, 6, 2, 14, 10, 13, 1, 4)
    ]


@given(
    ids=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    seed=st.integers(0, 999),
    order=st.randoms(use_true_random=False),
)
def test_copies_pass_over_each_other(ids, seed, order):
    """One row after the other: round the circle to the next one of another id, if there is any."""
    n, given_ids = len(ids), torch.tensor(ids)
    draws = Draws(seed, 0, given_ids)
    keys = draws.bits("x partner", 1)[:, 0].tolist()
    circle = sorted(range(n), key=lambda row: keys[row])
    expected = [0] * n
    for place, row in enumerate(circle):
        others = circle[place + 1 :] + circle[: place + 1]
        expected[row] = next((i for i in others if ids[i] != ids[row]), others[0])
    partner = draw_partners(draws, "x").tolist()
    assert partner == expected
    # A copy meets whom a copy meets, whatever the order of the batch.
    rows = list(range(n))
    order.shuffle(rows)
    there = draw_partners(Draws(seed, 0, given_ids[rows]), "x").tolist()
    pairs = sorted((ids[i], ids[partner[i]]) for i in range(n))
    assert sorted((ids[rows[i]], ids[rows[there[i]]]) for i in range(n)) == pairs
