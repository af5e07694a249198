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
FREEZES = ("none", "body")
FEATURES = ("once", "each-step")
FOLLOW_VALIDATION = ("plateau",)  # schedules that need a validation part
WARM_UP = ("cosine",)  # schedules that may begin with a warm-up
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
    validate_every: epochs from one look at the validation part to the next; the last epoch always
        has one. What is learned does not depend on it
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
    warmup: share of the steps, [0, 1), over which the "cosine" schedule first rises from zero
    body_lr: learning rate of the body, the layers before the head, over that of the head
    clip: the largest norm of the gradient of all weights together; a longer one is shortened to it.
        None for no limit
    ema: decay, [0, 1), of an exponential moving average of the weights, which starts at the first
        weights. It is tested, and validated after each epoch, in place of the weights; 0: none
    drop_path: stochastic depth, for timm's networks that have it: the highest probability, [0, 1),
        with which a residual block is left out, as timm spreads it over the blocks
    freeze: "none", or "body": only the head is trained. Batch normalizations of the body use their
        running statistics, and nothing is dropped in it
    features: with a frozen body, "once": where an arm leaves images as they are, the body sees each
        of them once, and the head is trained on what it made of them; "each-step": it always sees
        them anew. Results are the same up to rounding
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
    validate_every: Annotated[int, Within(1, 1_000_000)] = option(
        1, "Epochs from one look at the held-out images to the next. Default: 1."
    )
    train_limit: Annotated[int, _Images] | None = option(None, "Training images at most.")
    test_limit: Annotated[int, _Images] | None = option(None, "Test images at most.")
    select: str = option("last", "Which epoch is tested: last, or best on validation.")
    normalization: str = option("train", f"{either(NORMALIZATIONS)}.")
    sampling: str = option("natural", "natural, or balanced: classes equally often.")
    warmup: Annotated[float, Within(0, 1, under=True)] = option(
        0.0, "Share of the steps before cosine falls, in [0, 1)."
    )
    body_lr: Annotated[float, Within(0, _LARGEST, over=True)] = option(
        1.0, "Learning rate of the body over that of the head."
    )
    clip: Annotated[float, Within(0, _LARGEST, over=True)] | None = option(
        None, "Largest norm of the gradient."
    )
    ema: Annotated[float, Within(0, 1, under=True)] = option(
        0.0, "Decay of the average of weights that is tested, in [0, 1); 0: none."
    )
    drop_path: Annotated[float, Within(0, 1, under=True)] = option(
        0.0, "Stochastic depth of timm's networks, in [0, 1)."
    )
    freeze: str = option("none", "none, or body: only the head is trained.")
    features: str = option(
        "once", "With a frozen body: once for images that stay as they are, or each-step."
    )

    def __post_init__(self) -> None:
        check_fields(self)
        check_name(self.optimizer, OPTIMIZERS, "optimizer", {"adam": "adamw"})
        check_name(self.schedule, SCHEDULES, "schedule")
        check_name(self.select, SELECTIONS, "selection", {"best": "validation"})
        check_name(self.normalization, NORMALIZATIONS, "normalization", {"imagenet": "pretrained"})
        check_name(self.sampling, SAMPLINGS, "sampling", {"weighted": "balanced"})
        check_name(self.freeze, FREEZES, "freeze", {"backbone": "body"})
        check_name(self.features, FEATURES, "features")
        follows = self.select == "validation" or self.schedule in FOLLOW_VALIDATION
        schedules = " or ".join(f"schedule={name}" for name in FOLLOW_VALIDATION)
        followers = f"select=validation or {schedules}"
        if self.validation == 0 and follows:
            raise InputError(f"validation: must be over 0 for {followers}")
        if self.validate_every > 1 and follows:
            raise InputError(f"validate_every: must be 1 for {followers}")
        if self.warmup and self.schedule not in WARM_UP:
            raise InputError(f"warmup: only for schedule={either(WARM_UP)}, not {self.schedule}")
        if self.freeze == "body" and self.body_lr != 1:
            raise InputError("body_lr: must be 1 for freeze=body, which trains no body")
        if self.freeze == "body" and self.drop_path:
            raise InputError("drop_path: must be 0 for freeze=body, which drops nothing")
        if self.freeze == "none" and self.features != "once":
            raise InputError(f"features: {self.features} is only for freeze=body")
