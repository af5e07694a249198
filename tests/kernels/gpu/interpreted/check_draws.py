"""The GPU's Philox: known answers, and the words, floats and bytes of a stream."""

import pytest
import torch
from inputs import stream

from augury.kernels.gpu.philox import numbers
from augury.kernels.stream import Stream


def test_known_answer():
    """That of Random123 for a counter and a key of zeros."""
    zero = numbers(Stream((0, 0), 0, torch.tensor([0])), 4, "bits")
    assert zero[0].tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]


@pytest.mark.parametrize("n", [1, 4, 23])
def test_numbers_equal_those_of_the_plain_path(n):
    drawn = stream(9)
    assert torch.equal(numbers(drawn, n, "bits"), drawn.bits(n))
    assert torch.equal(numbers(drawn, n, "bytes"), drawn.bytes(n))
    uniform = (drawn.bits(n) >> 8).float() * 2.0**-24
    assert torch.equal(numbers(drawn, n, "uniform"), uniform)


def test_key_and_epoch_may_be_tensors():
    drawn = stream(5)
    held = Stream(torch.tensor(drawn.key), torch.tensor(drawn.epoch), drawn.streams)
    assert torch.equal(numbers(held, 6, "bits"), drawn.bits(6))


def test_no_samples():
    empty = stream(0)
    assert numbers(empty, 5, "bits").shape == (0, 5)
    assert numbers(empty, 5, "uniform").dtype == torch.float32
