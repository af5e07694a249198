"""How a network is trained: everything that is not data, model, augmentation or seed."""

from dataclasses import dataclass
from typing import Annotated

from augury.errors import InputError
from augury.names import check_name
from augury.schema import Within, check_fields

# What a recipe may name. How each is built stands in the table of `augury.training` that is called
# as the file here: optimizers.py, schedules.py, normalizations.py. Tests hold the two equal.
OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("onecycle", "cosine", "plateau", "constant")
SELECTIONS = ("last", "validation")
NORMALIZATIONS = ("train", "pretrained", "unit")
FOLLOW_VALIDATION = ("plateau",)  # schedules that need a validation part
_LARGEST = 1e38  # of single precision, in which optimizers compute
_Images = Within(2, 1_000_000_000)


@dataclass(frozen=True)
class Recipe:
    """Settings of one training run; equal for all arms of a study.

    epochs, batch_size: passes over the training images, images a step.
    optimizer: "sgd" (Nesterov momentum 0.9) or "adamw".
    lr: the highest learning rate.
    weight_decay: of all weights.
    schedule: of the learning rate. "onecycle": linear to `lr` over the first quarter of the
        steps and linear to zero over the rest; "cosine": from `lr` to zero; "plateau": times 0.1
        after 10 epochs without a better *validation* loss; "constant".
    label_smoothing: share of each target spread evenly over all classes, [0, 1).
    validation: share of the training part held out, stratified, drawn anew for each seed.
    train_limit: at most so many training images, stratified, and as many for validation as belong
        to them; None for all.
    test_limit: at most so many test images, the same ones for every seed; None for all.
    select: which weights are tested: those of the "last" epoch, or those of the epoch with the
        best "validation" accuracy. Never chosen on the test part.
    normalization: per-channel mean and deviation of the "train" images, or of the "pretrained"
        weights, or "unit": pixels in [0, 1] as they are.
    """

    epochs: Annotated[int, Within(1, 1_000_000)] = 20
    batch_size: Annotated[int, Within(2, 1_000_000)] = 100
    optimizer: str = "sgd"
    lr: Annotated[float, Within(0, _LARGEST, over=True)] = 0.1
    weight_decay: Annotated[float, Within(0, _LARGEST)] = 5e-4
    schedule: str = "onecycle"
    label_smoothing: Annotated[float, Within(0, 1, under=True)] = 0.0
    validation: Annotated[float, Within(0, 1, under=True)] = 0.3
    train_limit: Annotated[int, _Images] | None = None
    test_limit: Annotated[int, _Images] | None = None
    select: str = "last"
    normalization: str = "train"

    def __post_init__(self) -> None:
        check_fields(self)
        check_name(self.optimizer, OPTIMIZERS, "optimizer", {"adam": "adamw"})
        check_name(self.schedule, SCHEDULES, "schedule")
        check_name(self.select, SELECTIONS, "selection", {"best": "validation"})
        check_name(self.normalization, NORMALIZATIONS, "normalization", {"imagenet": "pretrained"})
        follows = self.select == "validation" or self.schedule in FOLLOW_VALIDATION
        if self.validation == 0 and follows:
            schedules = " or ".join(f"schedule={name}" for name in FOLLOW_VALIDATION)
            raise InputError(f"validation: must be over 0 for select=validation or {schedules}")
