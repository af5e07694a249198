"""Checks of the contract that every augmentation must keep, independent of its effect."""

import random
from typing import Any

import numpy as np
import torch

from augury.augment import Augmentation
from augury.augment.foreign.adapt import Foreign
from augury.augment.framing import view_of
from augury.batch import Batch, rounding_of, to_float
from augury.checks.finding import Finding, verdict
from augury.checks.subject import SHAPE, apply, batch_of, noise, rows_of, same
from augury.rng import Draws

_COUNT = 64

# A single draw per batch, flip or not, is the same twice with probability 1/2, and eight times with
# probability 1/128.
_REPEATS = 8
_SIZES = ((1, 1, 1), (3, 1, 1), (3, 2, 5), (1, 28, 28), (3, 64, 48), (3, 224, 224))


def shape_dtype_range(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """Shape, dtype and range of the result, for images with all levels, as uint8 and as float."""
    full = (noise(_COUNT) - 40) * 2
    broken = []
    for images in (full, full.float() / 255):
        batch = batch_of(images, 0, classes)
        complaint = _broken(augmentation, batch, apply(augmentation, batch))
        if complaint:
            broken.append(f"{_kind(images)}: {complaint}")
    return Finding(
        "shape, dtype, range",
        "the input's shape, or the `size` of a view; uint8, or float in [0, 1]"
        if augmentation.frames
        else "the input's shape; uint8, or float in [0, 1]",
        "; ".join(broken) or "so for uint8 and float",
        verdict(not broken),
        2 * _COUNT,
    )


def _kind(images: torch.Tensor) -> str:
    return str(images.dtype).removeprefix("torch.")


def _broken(augmentation: Augmentation[Any], batch: Batch, found: Batch) -> str:
    """The fault of a result, or ""; rounding errors are accepted, as in `Batch`."""
    *whole, height, width = batch.images.shape
    if found.images.shape != (*whole, *view_of(augmentation, (height, width))):
        return f"shape {tuple(found.images.shape)} of {tuple(batch.images.shape)}"
    if found.targets.shape != batch.targets.shape:
        return f"targets' shape {tuple(found.targets.shape)} of {tuple(batch.targets.shape)}"
    if not torch.equal(found.ids, batch.ids):
        return "other ids"
    if found.images.dtype == torch.uint8:
        return ""
    if not found.images.is_floating_point():
        return f"dtype {found.images.dtype}"
    low, high = (float(value) for value in found.images.aminmax())
    slack = rounding_of(found.images.dtype)
    return "" if low >= -slack and high <= 1 + slack else f"values in [{low:.8g}, {high:.8g}]"


def input_unchanged(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """The images, targets and ids that are passed in are not changed."""
    changed = set()
    for images in (noise(_COUNT), noise(_COUNT).float() / 255):
        batch = batch_of(images, 0, classes)
        kept = batch.images.clone(), batch.targets.clone(), batch.ids.clone()
        augmentation(batch, Draws(0, 0, batch.ids))
        parts = zip(("images", "targets", "ids"), kept, strict=True)
        changed |= {name for name, before in parts if not torch.equal(getattr(batch, name), before)}
    return Finding(
        "input unchanged",
        "nothing is written to the input",
        f"changed: {', '.join(sorted(changed))}" if changed else "unchanged",
        verdict(not changed),
        2 * _COUNT,
    )


def global_generators(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """The global generators of PyTorch, NumPy and Python are not advanced."""
    batch, foreign = batch_of(noise(_COUNT), 0, classes), isinstance(augmentation, Foreign)
    before = _states()
    apply(augmentation, batch)
    used = _advanced(before)
    measured = f"advanced: {', '.join(used)}" if used else "as before"
    if isinstance(augmentation, Foreign) and not used:
        drawn = _drawn_from(augmentation, batch)
        measured = f"it draws from {drawn}; seeded by augury, and put back"
    return Finding(
        "global generators",
        "neither read nor advanced",
        measured,
        "note" if foreign and not used else verdict(not used),
        _COUNT,
    )


def _drawn_from(transform: Foreign, batch: Batch) -> str:
    """The global generators that `transform` itself uses; their states are restored."""
    numpy_state, python_state, before = np.random.get_state(), random.getstate(), _states()
    with torch.random.fork_rng(devices=[]):
        transform.freely(batch.with_images(batch.images.clone()))
        used = _advanced(before)
    np.random.set_state(numpy_state)
    random.setstate(python_state)
    return f"the global {', '.join(used)}" if used else "no global generator"


def _advanced(before: dict[str, object]) -> list[str]:
    return [name for name, state in _states().items() if state != before[name]]


def _states() -> dict[str, object]:
    name, keys, *rest = np.random.get_state()
    return {
        "torch": torch.get_rng_state().numpy().tobytes(),
        "numpy": (name, np.asarray(keys).tobytes(), *rest),
        "random": random.getstate(),
    }


def same_key_same_bits(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """The same batch, seed and epoch give the same bits, whatever the global generators hold."""
    batch = batch_of(noise(_COUNT), 0, classes)
    agree = torch.ones(_COUNT, dtype=torch.bool)
    numpy_state, python_state = np.random.get_state(), random.getstate()
    with torch.random.fork_rng(devices=[]):
        found = []
        for seed in range(_REPEATS):
            torch.manual_seed(seed)
            np.random.seed(seed)
            random.seed(seed)
            found.append(apply(augmentation, batch))
    np.random.set_state(numpy_state)
    random.setstate(python_state)
    for again in found[1:]:
        agree &= same(found[0], again)
    return _differing("same key, same bits", "seed, epoch and id decide", agree)


def any_order(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """A batch in another order gives the same images in that order."""
    batch = batch_of(noise(_COUNT), 0, classes)
    whole = apply(augmentation, batch)
    agree = torch.ones(_COUNT, dtype=torch.bool)
    for k in range(1, _REPEATS):
        order = (torch.arange(_COUNT) * 37 + 11 * k) % _COUNT
        found = apply(augmentation, rows_of(batch, order))
        agree[order] &= same(rows_of(whole, order), found)
    return _differing("any order", "the order of a batch changes no image", agree)


def any_company(augmentation: Augmentation[Any], mixes: bool, classes: int = 10) -> Finding:
    """An image comes out the same in a batch of 64, of 21, and alone."""
    name, expected = "any batch size", "who else is in a batch changes no image"
    if mixes:
        return Finding(name, expected, "images are mixed: of course it does", "note")
    batch = batch_of(noise(_COUNT), 0, classes)
    whole = apply(augmentation, batch)
    cuts = [slice(i, i + 21) for i in range(0, _COUNT, 21)]
    cuts += [slice(i, i + 1) for i in range(_COUNT)]
    agree = torch.ones(_COUNT, dtype=torch.bool)
    for rows in cuts:
        agree[rows] &= same(rows_of(whole, rows), apply(augmentation, rows_of(batch, rows)))
    return _differing(name, expected, agree)


def _differing(name: str, expected: str, agree: torch.Tensor) -> Finding:
    count, differ = len(agree), int((~agree).sum())
    measured = f"{differ} of {count} images differ" if differ else f"{count} images, bit for bit"
    return Finding(name, expected, measured, verdict(not differ), count)


def sizes(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """Grayscale and color images of 1×1 to 224×224; a refusal is a note, a wrong result a fault."""
    broken: list[str] = []
    refused: list[str] = []
    for shape in _SIZES:
        batch = batch_of(noise(4, shape), 0, classes)
        _try(augmentation, batch, "×".join(map(str, shape)), broken, refused)
    expected = "gray and color, 1×1 to 224×224"
    return _tried("sizes and channels", expected, broken, refused, len(_SIZES))


def batch_of_one(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """A batch of a single image."""
    broken: list[str] = []
    refused: list[str] = []
    _try(augmentation, batch_of(noise(1), 0, classes), "1×3×32×32", broken, refused)
    return _tried("batch of one", "it works alone", broken, refused, 1)


def _try(
    augmentation: Augmentation[Any], batch: Batch, title: str, broken: list[str], refused: list[str]
) -> None:
    try:
        complaint = _broken(augmentation, batch, apply(augmentation, batch))
    except Exception as error:  # noqa: BLE001 - any error of the transform is a refusal
        reason = " ".join(str(error).split())
        refused.append(f"{title}: {type(error).__name__}: {reason[:80]}")
        return
    if complaint:
        broken.append(f"{title}: {complaint}")


def _tried(name: str, expected: str, broken: list[str], refused: list[str], count: int) -> Finding:
    found = "note" if refused and not broken else verdict(not broken)
    return Finding(name, expected, "; ".join(broken + refused) or "works", found, count)


def uint8_and_float(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """uint8 and float images give the same result, up to one level of 255 and rounding."""
    batch = batch_of(noise(_COUNT, SHAPE), 0, classes)
    whole = to_float(apply(augmentation, batch).images)
    found = to_float(apply(augmentation, batch.with_images(to_float(batch.images))).images)
    apart = float((whole - found).abs().max()) * 255
    return Finding(
        "uint8 and float agree",
        "to 1 level of 255",
        f"at most {apart:.2f} apart",
        verdict(apart <= 1.01),
        _COUNT,
    )


def targets_sum_to_one(augmentation: Augmentation[Any], classes: int = 10) -> Finding:
    """Each row of the targets sums to 1, in 5 batches of 64."""
    worst = 0.0
    for k in range(5):
        found = apply(augmentation, batch_of(noise(_COUNT), _COUNT * k, classes))
        worst = max(worst, float((found.targets.sum(1) - 1).abs().max()))
    return Finding(
        "targets sum to 1",
        "each row",
        f"at most {worst:.2g} off",
        verdict(worst <= 1e-5),
        5 * _COUNT,
    )
