"""Run all checks of one augmentation."""

from typing import Any

from augury.augment import Augmentation
from augury.augment.base import check_probability
from augury.augment.foreign.adapt import Foreign
from augury.checks import contract, draws
from augury.checks.finding import Finding
from augury.checks.mixing import targets_follow_pixels
from augury.checks.subject import apply_first, batch_of, classes_of, mixes_targets, noise
from augury.checks.workers import loader_workers
from augury.schema import Within


def check(
    augmentation: Augmentation[Any], p: float | None = None, samples: int = 40_000
) -> list[Finding]:
    """The findings of all checks, in the order of the report.

    p: the documented probability that an image is changed; None for the attribute `p`, if any.
    samples: images that are augmented for each rate; 40,000 reveal an error of one point.
    Raises InputError if p or samples are out of range, or `augmentation` cannot be applied at all.
    """
    Within(1000, 10_000_000).check("samples", samples)
    if p is not None:
        check_probability("p", p)
    classes = classes_of(augmentation)
    apply_first(augmentation, batch_of(noise(4), 0, classes))
    mixes = mixes_targets(augmentation, classes)
    seen = draws.watch(augmentation, samples, mixes, classes)
    documented = draws.documented_p(augmentation) if p is None else p
    return [
        contract.shape_dtype_range(augmentation, classes),
        contract.input_unchanged(augmentation, classes),
        contract.global_generators(augmentation, classes),
        contract.same_key_same_bits(augmentation, classes),
        contract.any_company(augmentation, mixes, classes),
        contract.any_order(augmentation, classes),
        contract.batch_of_one(augmentation, classes),
        contract.sizes(augmentation, classes),
        contract.uint8_and_float(augmentation, classes),
        draws.draw_per_image(augmentation, min(1000, samples // 20), mixes, classes),
        draws.independent_draws(seen),
        draws.independent_places(seen),
        draws.epochs_differ(augmentation, min(400, samples // 40), mixes, classes),
        *([loader_workers(augmentation, classes)] if isinstance(augmentation, Foreign) else []),
        draws.firing_rate(augmentation, seen, documented, mixes, classes),
        contract.targets_sum_to_one(augmentation, classes),
        targets_follow_pixels(augmentation, max(1000, samples // 20), mixes, classes),
    ]
