"""Made-up contributions to the atlas."""

import numpy as np
from benchmarks.atlas.bits import pack
from benchmarks.atlas.contribution import Contribution, Origin, Run

from augury.records.provenance import Machine
from augury.records.result import Learned
from augury.stats import Rule

IMAGES = 83  # not a whole number of bytes


def made(place: str = "digits-small", seeds: int = 6, arm_gain: float = 0.3) -> Contribution:
    """A contribution of random bits, in which `flip` is better and `cutout` is not."""
    rng = np.random.default_rng(3)
    runs = []
    for arm, chance in (("none", 0.5), ("flip", 0.5 + arm_gain), ("cutout", 0.5), ("mixup", 0.4)):
        for seed in range(seeds):
            bits = rng.random(IMAGES) < chance
            learned = Learned(40, min(1.0, chance + 0.25), 2, 0.01)
            accuracy = float(bits.mean())
            runs.append(Run(arm, seed, 0, chance, learned, IMAGES, accuracy, pack(bits)))
    origin = Origin(Machine("Linux", "Some CPU", 2), {"torch": "2", "augury": "1"}, None)
    recipe = {"epochs": 1, "batch_size": 20, "train_limit": 40}
    settings = {"recipe": recipe, "train_images": 40}
    named = (place, "digits", settings, Rule(replicates=200), "none", "f" * 16, "0" * 64)
    return Contribution(*named, (origin,), tuple(runs))
