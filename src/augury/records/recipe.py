"""How a network is trained: everything but data, model, augmentation and seed.

A new field is declared here alone: it becomes a key of the study file, an option of the command
line and a part of a cell's name, which stays as it was where the field has its default.
"""

from dataclasses import dataclass
from typing import Annotated

from augury.errors import InputError
from augury.names import check_name, either
from augury.schema import Within, check_fields, option

# What a recipe may name. How each is built stands in the table of `augury.training` that is called
# as the file here: optimizers.py, schedules.py, normalizations.py. Tests hold the two equal.
OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("onecycle", "cosine", "plateau", "constant")
SELECTIONS = ("last", "validation")
NORMALIZATIONS = ("train", "pretrained", "unit")
SAMPLINGS = ("natural", "balanced")
FOLLOW_VALIDATION = ("plateau",)  # schedules that need a validation part
_LARGEST = 1e38  # of single precision, in which optimizers compute
_Images = Within(2, 1_000_000_000)


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run, the same for all arms of a study.

    epochs: passes over the training images; batch_size: images per step
    optimizer: "sgd" (Nesterov momentum 0.9) or "adamw"
    lr: the highest learning rate; weight_decay: of all weights
    schedule: of the learning rate. "onecycle": linear to `lr` over the first quarter of the steps,
        then linear to zero; "cosine": from `lr` to zero; "plateau": times 0.1 after 10 epochs
        without a better *validation* loss; "constant": always `lr`
    label_smoothing: share of each target that is spread evenly over all classes, [0, 1)
    validation: share of the training part that is held out, stratified, drawn anew for each seed
    train_limit: at most this many training images, stratified; the validation part shrinks in
        proportion. None for all
    test_limit: at most this many test images, the same for every seed; None for all
    select: which weights are tested: those of the "last" epoch, or those of the epoch with the best
        accuracy on the "validation" part. They are never chosen on the test part
    normalization: mean and deviation per channel: those of the "train" images, those that the
        "pretrained" weights expect, or "unit", which leaves pixels in [0, 1] as they are
    sampling: which training images an epoch shows. "natural": each of them once; "balanced": as
        many images, every class equally often, so that those of small classes come several times,
        each time augmented by its own draws (see `augury.data.sampling`)
    """

    epochs: Annotated[int, Within(1, 1_000_000)] = option(20, "Passes over the training images.")
    batch_size: Annotated[int, Within(2, 1_000_000)] = option(100, "Images a step.")
    optimizer: str = option("sgd", f"{either(OPTIMIZERS)}.")
    lr: Annotated[float, Within(0, _LARGEST, over=True)] = option(0.1, "Highest learning rate.")
    weight_decay: Annotated[float, Within(0, _LARGEST)] = option(5e-4, "Weight decay.")
    schedule: str = option("onecycle", f"{either(SCHEDULES)}.")
    label_smoothing: Annotated[float, Within(0, 1, under=True)] = option(0.0, "In [0, 1).")
    validation: Annotated[float, Within(0, 1, under=True)] = option(
        0.3, "Share of the training part held out. Default: 0.3."
    )
    train_limit: Annotated[int, _Images] | None = option(None, "Training images at most.")
    test_limit: Annotated[int, _Images] | None = option(None, "Test images at most.")
    select: str = option("last", "Which epoch is tested: last, or best on validation.")
    normalization: str = option("train", f"{either(NORMALIZATIONS)}.")
    sampling: str = option("natural", "natural, or balanced: classes equally often.")

    def __post_init__(self) -> None:
        check_fields(self)
        check_name(self.optimizer, OPTIMIZERS, "optimizer", {"adam": "adamw"})
        check_name(self.schedule, SCHEDULES, "schedule")
        check_name(self.select, SELECTIONS, "selection", {"best": "validation"})
        check_name(self.normalization, NORMALIZATIONS, "normalization", {"imagenet": "pretrained"})
        check_name(self.sampling, SAMPLINGS, "sampling", {"weighted": "balanced"})
        follows = self.select == "validation" or self.schedule in FOLLOW_VALIDATION
        if self.validation == 0 and follows:
            schedules = " or ".join(f"schedule={name}" for name in FOLLOW_VALIDATION)
            raise InputError(f"validation: must be over 0 for select=validation or {schedules}")
