import pytest
import torch

from augury.batch import Batch, check_batch, to_float, to_uint8
from augury.errors import InputError

TARGETS = torch.tensor([[1.0, 0.0], [0.25, 0.75]])


def batch(**changes):
    parts = {
        "images": torch.zeros(2, 3, 4, 4),
        "targets": TARGETS,
        "ids": torch.tensor([5, 9]),
    }
    return Batch(**(parts | changes))


def test_conversions_are_inverse_on_all_values():
    values = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    floats = to_float(values)
    assert floats.dtype == torch.float32
    assert floats[0, 0, 0, 1] == torch.tensor(1 / 255)
    assert floats.max() == 1
    assert torch.equal(to_uint8(floats), values)


def test_to_uint8_rounds_and_clips():
    images = torch.tensor([0.0, 0.5 / 255 + 1e-4, 1.2, -0.1]).view(1, 1, 2, 2)
    assert to_uint8(images).flatten().tolist() == [0, 1, 255, 0]


def test_a_good_batch_passes():
    check_batch(batch())
    check_batch(batch(images=torch.zeros(2, 1, 4, 4, dtype=torch.uint8)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"images": torch.zeros(2, 4, 4)},
            r"images: shape must be \(B, C, H, W\), got \(2, 4, 4\)",
        ),
        ({"images": torch.zeros(2, 3, 4, 4, dtype=torch.int32)}, "images: dtype .* torch.int32"),
        ({"images": torch.full((2, 3, 4, 4), 1.5)}, r"images: .* \[0, 1\], got \[1.5, 1.5\]"),
        ({"images": torch.full((2, 3, 4, 4), float("nan"))}, r"images: .* \[0, 1\], got \[nan"),
        ({"targets": torch.ones(2)}, r"targets: must be floating of shape \(2, K\), got .*\(2,\)"),
        ({"targets": torch.ones(2, 2)}, "targets: each row must sum to 1"),
        ({"ids": torch.tensor([1.0, 2.0])}, r"ids: must be int64 of shape \(2,\)"),
        ({"ids": torch.tensor([1])}, r"ids: must be int64 of shape \(2,\), got .* \(1,\)"),
    ],
)
def test_a_bad_batch_is_named(changes, message):
    with pytest.raises(InputError, match=message):
        check_batch(batch(**changes))
