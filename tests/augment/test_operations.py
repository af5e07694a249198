import autoaugment as reference
import numpy as np
import pytest
import torch
from affine import read_affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pillow import random_image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.autoaugment import _apply_op

from augury.augment.policies.operations import (
    OPERATIONS,
    Layers,
    Reach,
    apply_layers,
    draw_layers,
    layers_step,
)
from augury.kernels.run import run_steps
from helpers.batches import make_batch

pytestmark = pytest.mark.usefixtures("compiled_loops")

# A level is rounded to the nearest: half of one, and float32 coordinates that are off by 1e-5.
HALF = 0.51

# Magnitudes for which bilinear interpolation is exact in float32, so that images are equal.
EXACT = {
    "identity": [0.0],
    "shear-x": [-1.0, -0.25, 0.0, 0.5],
    "shear-y": [-0.5, 0.25, 0.75],
    "translate-x": [-9.0, -1.0, 2.0, 3.0],
    "translate-y": [-2.0, 1.0, 5.0],
    "rotate": [-90.0, 90.0, 180.0],
    "brightness": [-1.0, -0.3, 0.0, 0.7],
    "saturation": [-0.99, -0.3, 0.5, 0.9],
    "contrast": [-0.9, -0.4, 0.27, 0.99],
    "sharpness": [-0.9, 0.3, 0.99],
    "posterize": [1.0, 4.0, 7.9],
    "solarize": [0.0, 127.5, 128.0, 256.0],
    "autocontrast": [0.0],
    "equalize": [0.0],
    "invert": [0.0],
    "solarize-add": [0.0, 33.0, 110.9],
}
STEPS = st.sampled_from([(name, m) for name, values in EXACT.items() for m in values])


def make_layers(*steps):
    """The layers of images, each a list of (name, magnitude)."""
    numbers = [[OPERATIONS.index(name) for name, _ in image] for image in steps]
    return Layers(torch.tensor(numbers), torch.tensor([[m for _, m in image] for image in steps]))


def applied(image, *steps):
    """By the plain path; the compiled loops must give the same."""
    batch, layers = make_batch(torch.as_tensor(image)[None]), make_layers(list(steps))
    found = apply_layers(batch, layers).images
    step = layers_step(layers, tuple(batch.images.shape[2:]))
    assert torch.equal(run_steps(batch.images, [step]), found)
    return found[0].numpy()


@given(
    image=random_image(),
    name=st.sampled_from(sorted(set(OPERATIONS) - set(reference.MOVES))),
    share=st.floats(0, 1, width=32),
)
def test_colors_equal_pil(image, name, share):
    ends = {"posterize": (1, 8.5), "solarize": (0, 256), "solarize-add": (0, 128)}
    low, high = ends.get(name, (-1, 2))
    magnitude = float(np.float32(low + (high - low) * share))
    found = applied(image, (name, magnitude))
    np.testing.assert_array_equal(found, reference.recolored(image, name, magnitude))


def scipy_moved(image, name, m):
    """SciPy's bilinear affine transform, matrices in (row, column) order about the center."""
    height, width = image.shape[1:]
    cos, sin = np.cos(np.deg2rad(m)), np.sin(np.deg2rad(m))
    matrix, shift = {
        "shear-x": ([[1, 0], [m, 1]], (0, m * height / 2)),
        "shear-y": ([[1, m], [0, 1]], (m * width / 2, 0)),
        "translate-x": (np.eye(2), (0, -m)),
        "translate-y": (np.eye(2), (-m, 0)),
        "rotate": ([[cos, sin], [-sin, cos]], (0, 0)),
    }[name]
    return read_affine(image, matrix, shift, "black")


@given(
    image=random_image(),
    name=st.sampled_from(reference.MOVES),
    share=st.floats(-1, 1, width=32),
)
def test_moves_equal_scipy(image, name, share):
    top = 135 if name == "rotate" else 1 if name.startswith("shear") else 21
    magnitude = float(np.float32(top * share))
    expected = scipy_moved(image, name, magnitude)
    assert np.abs(applied(image, (name, magnitude)) - expected).max() <= HALF


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(
    ("name", "magnitude"),
    [
        ("shear-x", 0.27),
        ("shear-y", 0.99),
        ("translate-x", 5.0),
        ("translate-y", 3.0),
        ("rotate", 40.5),
    ],
)
def test_moves_go_where_torchvision_moves(name, magnitude, sign):
    """Both are rounded, from float32 numbers of their own: a level apart where near a half."""
    images = torch.randint(0, 256, (2, 3, 24, 18), generator=torch.Generator().manual_seed(0))
    images, magnitude = images.to(torch.uint8), sign * magnitude
    expected = _apply_op(
        images, reference.TORCHVISION[name], magnitude, InterpolationMode.BILINEAR, None
    )
    found = apply_layers(make_batch(images), make_layers(*[[(name, magnitude)]] * 2)).images
    apart = (found.int() - expected.int()).abs()
    assert apart.max() <= 1
    assert (apart > 0).float().mean() < 0.01


@settings(max_examples=150, deadline=None)
@given(
    steps=st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(STEPS, min_size=n, max_size=n), min_size=1, max_size=4)
    ),
    size=st.sampled_from([(8, 8), (1, 1), (4, 8), (8, 2)]),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 1000),
)
def test_layers_equal_the_reference(steps, size, channels, seed):
    """A batch in which each image has layers of its own, any order of moves and colors."""
    shape = len(steps), channels, *size
    images = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    found = apply_layers(make_batch(torch.from_numpy(images)), make_layers(*steps)).images
    for image, one, its_steps in zip(images, found.numpy(), steps, strict=True):
        np.testing.assert_array_equal(one, reference.layered(image, its_steps))


@given(
    run=st.lists(
        st.tuples(st.sampled_from(reference.MOVES), st.floats(-1, 1, width=32)),
        min_size=2,
        max_size=3,
    ),
    seed=st.integers(0, 1000),
)
def test_moves_in_a_row_are_one_resampling(run, seed):
    image = np.random.default_rng(seed).integers(0, 256, (1, 7, 10)).astype(np.uint8)
    scale = {"rotate": 135, "translate-x": 10, "translate-y": 7}
    run = [(name, float(np.float32(scale.get(name, 1) * share))) for name, share in run]
    assert np.abs(applied(image, *run) - reference.moved(image, run)).max() <= HALF


def test_a_turn_and_its_opposite_blur_nothing():
    image = torch.randint(0, 256, (3, 16, 16), generator=torch.Generator().manual_seed(0))
    image = image.to(torch.uint8).numpy()
    found = applied(image, ("rotate", 10.0), ("rotate", -10.0))
    np.testing.assert_array_equal(found[:, 3:13, 3:13], image[:, 3:13, 3:13])
    between = applied(image, ("rotate", 10.0), ("identity", 0.0), ("rotate", -10.0))
    assert np.abs(between[:, 3:13, 3:13].astype(int) - image[:, 3:13, 3:13]).max() > 10


def test_what_has_left_the_image_does_not_come_back():
    image = np.full((1, 1, 4), 9, dtype=np.uint8)
    assert applied(image, ("translate-x", 3.0))[0, 0].tolist() == [0, 0, 0, 9]
    assert applied(image, ("translate-x", 3.0), ("translate-x", -3.0))[0, 0].tolist() == [
        9,
        0,
        0,
        0,
    ]


def test_float_images_are_rounded_to_levels_and_stay_float():
    image = torch.tensor([0.1, 0.5, 0.9]).view(1, 1, 1, 3)
    found = apply_layers(make_batch(image), make_layers([("solarize", 128.0)]))
    assert found.images.dtype == torch.float32
    # Levels 26, 128 and 230.
    assert (found.images * 255).round().flatten().tolist() == [26, 127, 25]


@pytest.mark.parametrize("middle", ["identity", "rotate"])
def test_maps_move_as_the_image_does(middle):
    """Interpolated without rounding: half a level off for each resampling before."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (2, 3, 12, 9), generator=generator, dtype=torch.uint8)
    first = [("shear-x", 0.2), (middle, 0.0), ("translate-y", 2.0)]
    second = [("rotate", 33.0), (middle, 20.0), ("shear-y", -0.3)]
    found = apply_layers(make_batch(images), make_layers(first, second))
    maps = images.float()
    for move in found.moves:
        maps = move(maps)
    assert (maps - found.images.float()).abs().max() <= 2 * HALF


def test_colors_leave_maps_in_place():
    images = torch.full((1, 3, 6, 6), 100, dtype=torch.uint8)
    steps = [(name, 0.5) for name in OPERATIONS if name not in reference.MOVES]
    found = apply_layers(make_batch(images), make_layers(steps))
    maps = torch.rand(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    moved = maps
    for move in found.moves:
        moved = move(moved)
    torch.testing.assert_close(moved, maps, atol=1e-5, rtol=0)


def test_magnitudes_by_hand():
    reaches = {
        "rotate": Reach(end=30.0, signed=True),
        "translate-x": Reach(end=10.0, signed=True, whole=True),
        "posterize": Reach(8.5, 4.5, whole=True),
        "equalize": Reach(),
    }
    # Four equal parts of [0, 1) for the operation; the sign changes below 0.5.
    operation = torch.tensor([[0.0, 0.249], [0.25, 0.5], [0.74, 0.99]])
    sign = torch.tensor([[0.4, 0.5], [0.0, 0.0], [0.9, 0.0]])
    level = torch.tensor([[3.0, 10.0], [3.9, 0.0], [5.0, 9.0]], dtype=torch.float64)
    layers = draw_layers(reaches, torch.stack((operation, sign), -1), level, 10)
    names = [[OPERATIONS[k] for k in row] for row in layers.operation]
    assert names == [["rotate", "rotate"], ["translate-x", "posterize"], ["posterize", "equalize"]]
    # -30 · 3/10; 30; -10 · 3.9/10 without its decimals; 8.5 and 8.5 - 4 · 5/10, too; 0.
    assert layers.magnitude.tolist() == [[-9, 30], [-3, 8], [6, 0]]
