"""What every registered augmentation promises."""

import pytest
import torch

from augury.augment import (
    SALIENCY,
    build_augmentation,
    read_augmentation,
    saliency_kinds,
    to_config,
    write_augmentation,
)
from augury.augment.recipes.published import PUBLISHED
from augury.batch import Batch
from augury.errors import InputError
from augury.rng import Draws
from helpers.batches import rows_of
from helpers.registered import MIXING, NAMES, RANDOM, N, labeled_batch, make, run, stored_maps

SHAPES = [(1, 1, 1), (3, 1, 1), (3, 2, 5), (1, 16, 16), (3, 32, 32), (3, 64, 48)]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_contract(name, shape, dtype):
    batch = labeled_batch(shape, dtype)
    kept = batch.images.clone(), batch.targets.clone(), batch.ids.clone()
    state = torch.get_rng_state()
    augmentation = make(name, shape)
    found = run(augmentation, batch)
    assert torch.equal(torch.get_rng_state(), state), "the global generator was used"
    for value, before in zip((batch.images, batch.targets, batch.ids), kept, strict=True):
        assert torch.equal(value, before), "the input was mutated"
    assert found.images.shape == batch.images.shape
    assert found.images.dtype in (dtype, torch.float32)
    if found.images.is_floating_point():
        assert found.images.min() >= 0
        assert found.images.max() <= 1
    assert torch.equal(found.ids, batch.ids)
    torch.testing.assert_close(found.targets.sum(1), torch.ones(N))
    assert torch.equal(run(augmentation, batch).images, found.images), "not repeatable"


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_a_batch_does_not_matter(name, shape):
    batch, augmentation = labeled_batch(shape), make(name, shape)
    whole = run(augmentation, batch)
    order = torch.randperm(N, generator=torch.Generator().manual_seed(2))
    found = run(augmentation, rows_of(batch, order))
    assert torch.equal(found.images, whole.images[order])
    assert torch.equal(found.targets, whole.targets[order])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", [n for n in NAMES if not make(n, (3, 8, 8)).mixes])
def test_an_image_is_the_same_in_any_company(name, shape):
    batch, augmentation = labeled_batch(shape), make(name, shape)
    whole = run(augmentation, batch).images
    for i in range(0, N, 7):
        assert torch.equal(
            run(augmentation, rows_of(batch, slice(i, i + 1))).images, whole[i : i + 1]
        )
    for rows in (slice(0, 37), slice(37, None)):
        assert torch.equal(run(augmentation, rows_of(batch, rows)).images, whole[rows])


@pytest.mark.parametrize("name", NAMES)
def test_photographs(name):
    """224×224, few: the shape, the range, no mutation, and the order and company as above."""
    shape = (3, 224, 224)
    batch, augmentation = labeled_batch(shape, n=4), make(name, shape, n=4)
    kept = batch.images.clone()
    found = run(augmentation, batch)
    assert torch.equal(batch.images, kept)
    assert found.images.shape == batch.images.shape
    if found.images.is_floating_point():
        assert 0 <= found.images.min() <= found.images.max() <= 1
    order = torch.tensor([2, 0, 3, 1])
    turned = run(augmentation, rows_of(batch, order))
    assert torch.equal(turned.images, found.images[order])
    assert torch.equal(turned.targets, found.targets[order])
    if not augmentation.mixes:
        alone = run(augmentation, rows_of(batch, slice(1, 2)))
        assert torch.equal(alone.images, found.images[1:2])


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 9, 14), (3, 1, 1)], ids=str)
@pytest.mark.parametrize("name", [name for name in MIXING if name not in PUBLISHED])
def test_targets_follow_the_pixels_shown(name, shape):
    """Of a black and a white image: how white it is, is how much of the white one's class.

    Recipes change colors before they mix; what they mix with is among the others.
    """
    ids = labeled_batch(shape).ids
    for i in range(0, 40, 2):
        images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, *shape).contiguous()
        found = run(make(name, shape), Batch(images, torch.eye(2), ids[i : i + 2]))
        torch.testing.assert_close(found.images.mean((1, 2, 3)), found.targets[:, 1])


@pytest.mark.parametrize("name", MIXING)
def test_a_batch_of_one_is_mixed_with_itself(name):
    batch = rows_of(labeled_batch((3, 16, 16)), slice(0, 1))
    found = run(make(name, (3, 16, 16)), batch)
    assert torch.equal(found.targets, batch.targets)


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles_in_one_piece(name):
    batch, augmentation = labeled_batch((3, 16, 16)), make(name, (3, 16, 16))
    torch.compiler.reset()
    compiled = torch.compile(augmentation.__call__, backend="eager", fullgraph=True)
    found = compiled(batch, Draws(3, 7, batch.ids))
    torch.testing.assert_close(found.images, run(augmentation, batch).images)


@pytest.mark.parametrize("name", NAMES)
def test_autocast_changes_no_bit(name):
    batch, augmentation = labeled_batch((3, 16, 16)), make(name, (3, 16, 16))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = run(augmentation, batch).images
    assert torch.equal(found, run(augmentation, batch).images)


@pytest.mark.parametrize("suffix", [".toml", ".json"])
@pytest.mark.parametrize("name", NAMES)
def test_it_is_written_and_read_as_the_same(name, suffix, tmp_path):
    def sources(kind):
        return stored_maps(kind, (3, 16, 16))

    batch, augmentation = labeled_batch((3, 16, 16)), make(name, (3, 16, 16))
    write_augmentation(augmentation, tmp_path / f"a{suffix}")
    again = read_augmentation(tmp_path / f"a{suffix}", sources)
    assert to_config(again) == to_config(augmentation)
    assert torch.equal(run(again, batch).images, run(augmentation, batch).images)


@pytest.mark.parametrize(
    ("images", "targets", "message"),
    [
        (torch.full((2, 3, 8, 8), 1.5), torch.eye(2), r"images: .* \[0, 1\], got \[1.5, 1.5\]"),
        (torch.zeros(2, 3, 8, 8), torch.ones(2, 2), "targets: each row must sum to 1, row 0 sums"),
        (torch.zeros(2, 3, 8, 8), torch.eye(3), r"targets: must be floating of shape \(2, K\)"),
        (torch.zeros(2, 2, 8, 8), torch.eye(2), "images: channels must be 1 or 3, got 2"),
        (torch.zeros(2, 3, 0, 8), torch.eye(2), "height and width must be at least 1, got 0×8"),
        (torch.zeros(2, 3, 8, 0), torch.eye(2), "height and width must be at least 1, got 8×0"),
        (
            torch.zeros(2, 3, 8, 8).to(torch.float8_e4m3fn),
            torch.eye(2),
            "images: dtype must be uint8 or float16, bfloat16, float32, float64, got torch.float8",
        ),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_bad_batch_is_refused(name, images, targets, message):
    with pytest.raises(InputError, match=message):
        run(make(name, (3, 8, 8)), Batch(images, targets, torch.arange(2)))


@pytest.mark.parametrize("name", SALIENCY)
def test_a_map_of_the_wrong_shape_is_refused(name):
    batch = labeled_batch((3, 8, 8))
    augmentation = build_augmentation(name, sources=lambda kind: lambda b: torch.zeros(N, 8, 7))
    with pytest.raises(InputError, match=r"saliency: shape must be .* got \(100, 8, 7\)"):
        run(augmentation, batch)


@pytest.mark.parametrize("name", RANDOM)
def test_epochs_and_seeds_differ(name):
    batch, augmentation = labeled_batch((3, 32, 32)), make(name, (3, 32, 32))
    batch = batch.with_images(batch.images // 2 + 40)  # full contrast leaves nothing to stretch
    here = run(augmentation, batch).images
    for other in ({"epoch": 8}, {"seed": 4}):
        there = run(augmentation, batch, **other).images
        same = (here == there).flatten(1).all(1).float().mean()
        assert same < 0.95, "gray leaves four fifths of all pairs alone, the others fewer"


@pytest.mark.parametrize("name", NAMES)
def test_apply_alone_is_deterministic_and_sample_alone_changes_nothing(name):
    batch, augmentation = labeled_batch((3, 32, 32)), make(name, (3, 32, 32))
    params = augmentation.sample(batch, Draws(0, 0, batch.ids))
    first = augmentation.apply(batch, params).images
    assert torch.equal(augmentation.apply(batch, params).images, first)


@pytest.mark.gpu
@pytest.mark.parametrize("name", NAMES)
def test_a_gpu_draws_the_same(name):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    batch = labeled_batch((3, 32, 32))
    ids, uniform = batch.ids, Draws(0, 0, batch.ids).uniform(name, 9)
    assert torch.equal(Draws(0, 0, ids.cuda()).uniform(name, 9).cpu(), uniform)
    if saliency_kinds(name):
        pytest.skip("its stored maps lie on the CPU")
    augmentation = make(name, (3, 32, 32))
    found = run(augmentation, batch.to("cuda")).images
    assert found.device.type == "cuda"
    torch.testing.assert_close(found.cpu(), run(augmentation, batch).images, atol=1e-5, rtol=0)


def test_unknown_names_and_parameters_are_refused():
    with pytest.raises(InputError, match=r"unknown augmentation 'cutuot'. Did you mean 'cutout'"):
        build_augmentation("cutuot")
    with pytest.raises(
        InputError, match=r"unknown parameter of cutout 'lenght'. Did you mean 'len"
    ):
        build_augmentation("cutout", {"cutout": {"lenght": 0.5}})
    with pytest.raises(InputError, match="salience: needs a source for its saliency"):
        build_augmentation("salience")
    with pytest.raises(InputError, match="unknown parameter of salience 'salency'"):
        build_augmentation(
            "salience", {"salience": {"salency": 1}}, lambda kind: lambda b: b.images
        )


def test_lists_from_a_study_file_become_ranges():
    assert build_augmentation("random-erasing", {"random-erasing": {"area": [0.1, 0.2]}}).area == (
        0.1,
        0.2,
    )
