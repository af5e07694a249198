"""Moving, filling and normalizing against the plain path."""

import pytest
import torch
from inputs import affine, boxes, chosen, images, scale, stream
from reference import expected

from augury.kernels.gpu.run import run, works
from augury.kernels.steps import Fill, Resample, Window

B = 2
# Two blocks of pixels; one row; a single pixel; an empty batch.
SHAPES = [(B, 3, 13, 21), (B, 1, 1, 9), (B, 3, 1, 1), (0, 3, 4, 4)]
DTYPES = [torch.uint8, torch.float32]


def fill(shape, value):
    return Fill(*boxes(shape[0], *shape[2:]), value, chosen(shape[0]))


def window(count):
    return Window(
        mirror_y=torch.arange(count) % 2 == 0,
        mirror_x=torch.arange(count) % 2 == 1,
        down=torch.arange(count) - 1,
        right=3 * torch.arange(count) - 2,
    )


def programs(shape):
    """Steps by what they do."""
    count = shape[0]
    pixels = images(*shape, torch.uint8, seed=5)
    return {
        "resample": [Resample((affine(count),))],
        "resample, black": [Resample((affine(count, "black"),), chosen(count))],
        "three parts": [
            Resample((affine(count, "black"), affine(count, seed=6), affine(count, "black", 7)))
        ],
        "resample, erase": [Resample((affine(count),)), fill(shape, stream(count))],
        "window": [window(count)],
        "window, erase": [window(count), fill(shape, stream(count))],
        "erase": [fill(shape, stream(count))],
        "cut": [fill(shape, 0)],
        "paste, cut": [fill(shape, pixels), fill(shape, 200)],
        "erase, resample": [fill(shape, stream(count)), Resample((affine(count),))],
        "nothing": [],
    }


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_steps_equal_the_plain_path(shape, dtype):
    given, normalize = images(*shape, dtype), scale(shape[1])
    before = given.clone()
    for name, steps in programs(shape).items():
        for scaling in (None, normalize) if dtype == torch.uint8 else (normalize,):
            found, wanted = run(given, steps, scaling), expected(given, steps, scaling)
            assert found.dtype == wanted.dtype, name
            if "resample" not in name and name != "three parts":
                assert torch.equal(found, wanted), name
                continue
            # In units of [0, 1]; the smallest deviation is 0.2.
            limit = 1e-6 if scaling is None else 5e-6
            torch.testing.assert_close(
                found, wanted, atol=limit, rtol=0, msg=lambda text, name=name: f"{name}: {text}"
            )
    assert torch.equal(given, before)


def test_images_left_alone_keep_their_pixels():
    given = images(B, 3, 6, 5, torch.uint8)
    found = run(given, [Resample((affine(B),), torch.tensor([True, False]))])
    assert torch.equal(found[:1], given[:1].float() / 255)
    assert not torch.equal(found[1], given[1].float() / 255)


def test_a_move_and_its_filling_share_a_launch():
    shape = (B, 3, 5, 4)
    move, cut = Resample((affine(B),)), fill(shape, 0)
    assert len(works([move, cut])) == 1
    assert len(works([move, cut, cut])) == 2
    assert len(works([cut, move])) == 2


def test_other_dtypes_take_the_plain_path():
    assert run(torch.zeros(1, 3, 2, 2, dtype=torch.float64), []) is None
    assert run(torch.zeros(1, 3, 2, 2, dtype=torch.float16), []) is None
