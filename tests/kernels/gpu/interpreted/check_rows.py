"""Repeated ids and partners against the plain path."""

import pytest
import torch

from augury.augment.mixing.partners import by_id, next_of_another_id
from augury.kernels.gpu.rows import MOST, partners_of, repeats_of
from augury.rng import Draws, _count_repeats

IDS = {
    "distinct": torch.randperm(135, generator=torch.Generator().manual_seed(0)) - 7,
    "copies": torch.randint(0, 9, (40,), generator=torch.Generator().manual_seed(1)),
    "far apart": torch.tensor([2**62, -(2**62), 5, 2**62, 0]),
    "two": torch.tensor([4, 4, 4, 9]),
    "one id": torch.tensor([3] * 7),
    "one row": torch.tensor([3]),
    "none": torch.tensor([], dtype=torch.int64),
}


def circle(keys, draws):
    first = by_id(draws)
    return next_of_another_id(first[keys[first].argsort(stable=True)], draws.ids)


@pytest.mark.parametrize("name", IDS)
def test_rows_equal_the_plain_path(name):
    ids = IDS[name]
    draws = Draws(3, 7, ids)
    assert torch.equal(repeats_of(ids), _count_repeats(ids))
    keys = draws.bits("partner", 1)[:, 0]
    assert torch.equal(partners_of(keys, ids, draws.repeats), circle(keys, draws))


def test_equal_keys_are_ordered_by_id_and_copy():
    draws = Draws(3, 7, IDS["copies"])
    keys = torch.arange(40) % 3 * (2**32 - 1) // 2
    assert torch.equal(partners_of(keys, draws.ids, draws.repeats), circle(keys, draws))


def test_repeat_numbers_given_by_a_loader_count():
    ids = IDS["copies"]
    draws = Draws(3, 7, ids, repeats=(torch.arange(40) * 7) % 5)
    keys = torch.zeros(40, dtype=torch.int64)
    assert torch.equal(partners_of(keys, ids, draws.repeats), circle(keys, draws))


def test_many_rows_are_sorted():
    many = torch.zeros(MOST + 1, dtype=torch.int64)
    assert repeats_of(many) is None
    assert partners_of(many, many, many) is None
