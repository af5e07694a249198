import pytest
import torch
from torchvision.transforms import v2

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
        (
            {"images": torch.full((2, 3, 4, 4), 1.00123456)},
            r"images: .* \[0, 1\], got \[1.0012345, 1.0012345\]",
        ),
        ({"images": torch.full((2, 3, 4, 4), -0.0011)}, r"images: .* got \[-0.0011, -0.0011\]"),
        (
            {"images": torch.zeros(2, 3, 4, 4).to(torch.float8_e5m2)},
            "images: dtype must be uint8 or float16, bfloat16, float32, float64, got torch.float8",
        ),
        (
            {"targets": TARGETS.to(torch.float8_e5m2)},
            "targets: dtype must be float16, bfloat16, float32, float64, got torch.float8_e5m2",
        ),
        ({"images": torch.zeros(2, 3, 0, 4)}, "height and width must be at least 1, got 0×4"),
        ({"images": torch.zeros(2, 1, 4, 0)}, "height and width must be at least 1, got 4×0"),
        ({"targets": torch.tensor([[1.0, 0], [torch.nan, 1]])}, "row 1 sums to nan"),
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


# The first number over 1 of each dtype; torchvision's rotate gives float32's.
OVER = {
    torch.float16: 1 + 2**-10,
    torch.bfloat16: 1 + 2**-7,
    torch.float32: 1 + 2**-23,
    torch.float64: 1 + 2**-52,
}


@pytest.mark.parametrize("dtype", OVER, ids=str)
def test_rounding_errors_are_clipped_and_nothing_is_written_to(dtype):
    images = torch.tensor([0.0, 0.25, 1.0, OVER[dtype]], dtype=torch.float64).to(dtype)
    assert images.max() > 1
    for sign in (1, -1):
        given = (images if sign > 0 else 1 - images).view(2, 1, 1, 2)
        kept = given.clone()
        found = check_batch(batch(images=given))
        assert torch.equal(given, kept)
        assert torch.equal(found.images, given.clamp(0, 1))
        assert found.images.dtype == dtype


def test_torchvisions_own_rounding_is_taken():
    """Its rotation of a white image gives 1.0000001."""
    white = torch.ones(2, 3, 32, 32)
    turned = v2.functional.rotate(white, 30, v2.InterpolationMode.BILINEAR)
    blurred = v2.functional.gaussian_blur(white, 3, 1.1)
    for images in (turned, blurred):
        assert float(check_batch(batch(images=images)).images.max()) <= 1


@pytest.mark.parametrize("dtype", [torch.uint8, *OVER], ids=str)
def test_a_batch_in_range_is_returned_itself(dtype):
    values = torch.linspace(0, 1, 32).view(2, 1, 4, 4)
    given = batch(images=(values * 255).to(dtype) if dtype == torch.uint8 else values.to(dtype))
    assert check_batch(given) is given


def test_targets_may_be_off_by_their_dtypes_rounding():
    """0.9 and nine times 0.1/9, as label smoothing gives them, sum to 0.9966 in bfloat16."""
    smooth = torch.full((2, 10), 0.1 / 9)
    smooth[:, 0] = 0.9
    check_batch(batch(targets=smooth.bfloat16()))
    check_batch(batch(targets=smooth.half()))
    with pytest.raises(InputError, match=r"row 1 sums to 1.0011"):
        check_batch(batch(targets=torch.tensor([[1.0], [1.0011]])))
