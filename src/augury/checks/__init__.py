"""Statistical checks for any augmentation: contract, draws, targets, and workers of a loader.

`run.py` runs them all; each check returns a `Finding`.
"""

from augury.checks.contract import (
    any_company,
    any_order,
    batch_of_one,
    global_generators,
    input_unchanged,
    same_key_same_bits,
    shape_dtype_range,
    sizes,
    targets_sum_to_one,
    uint8_and_float,
)
from augury.checks.draws import (
    Seen,
    documented_p,
    draw_per_image,
    epochs_differ,
    firing_rate,
    independent_draws,
    independent_places,
    watch,
)
from augury.checks.finding import Finding, Verdict
from augury.checks.mixing import targets_follow_pixels
from augury.checks.run import check
from augury.checks.subject import random_maps, subject

__all__ = [
    "Finding",
    "Seen",
    "Verdict",
    "any_company",
    "any_order",
    "batch_of_one",
    "check",
    "documented_p",
    "draw_per_image",
    "epochs_differ",
    "firing_rate",
    "global_generators",
    "independent_draws",
    "independent_places",
    "input_unchanged",
    "random_maps",
    "same_key_same_bits",
    "shape_dtype_range",
    "sizes",
    "subject",
    "targets_follow_pixels",
    "targets_sum_to_one",
    "uint8_and_float",
    "watch",
]
