"""How a network is trained: everything that is not data, model, augmentation or seed."""

from dataclasses import dataclass

from augury.errors import InputError
from augury.names import check_name

OPTIMIZERS = ("sgd", "adamw")
SCHEDULES = ("onecycle", "cosine", "plateau", "constant")
SELECTIONS = ("last", "validation")
NORMALIZATIONS = ("train", "pretrained", "unit")


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

    epochs: int = 20
    batch_size: int = 100
    optimizer: str = "sgd"
    lr: float = 0.1
    weight_decay: float = 5e-4
    schedule: str = "onecycle"
    label_smoothing: float = 0.0
    validation: float = 0.3
    train_limit: int | None = None
    test_limit: int | None = None
    select: str = "last"
    normalization: str = "train"

    def __post_init__(self) -> None:
        _at_least("epochs", self.epochs, 1)
        _at_least("batch_size", self.batch_size, 2)
        for name in ("train_limit", "test_limit"):
            limit = getattr(self, name)
            if limit is not None:
                _at_least(name, limit, 2)
        check_name(self.optimizer, OPTIMIZERS, "optimizer")
        check_name(self.schedule, SCHEDULES, "schedule")
        check_name(self.select, SELECTIONS, "selection")
        check_name(self.normalization, NORMALIZATIONS, "normalization")
        if not 0 < self.lr < float("inf"):
            raise InputError(f"lr: must be over 0, got {self.lr}")
        if not self.weight_decay >= 0:
            raise InputError(f"weight_decay: must be at least 0, got {self.weight_decay}")
        for name in ("label_smoothing", "validation"):
            if not 0 <= getattr(self, name) < 1:
                raise InputError(f"{name}: must lie in [0, 1), got {getattr(self, name)}")
        if self.validation == 0 and (self.select == "validation" or self.schedule == "plateau"):
            raise InputError("validation: must be over 0 for select=validation or schedule=plateau")


def _at_least(name: str, value: int, low: int) -> None:
    if value < low:
        raise InputError(f"{name}: must be at least {low}, got {value}")
