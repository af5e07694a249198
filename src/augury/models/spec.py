"""`ModelSpec`: the description of a network to build, and the check of its name."""

from dataclasses import dataclass
from pathlib import Path

from augury.errors import InputError
from augury.models.backbones import PREFIX, check_timm_name
from augury.models.named import MODELS, NamedModel
from augury.models.own import is_own
from augury.names import check_name
from augury.own.code_files import split_name


@dataclass(frozen=True)
class ModelSpec:
    """A network to build.

    name: of `MODELS`, `timm:NAME` for any other network of timm, or "module:attribute" for one
        of the user's own (`models.own`), which has its own head, stem and weights
    num_classes: K >= 2; channels: 1 or 3
    head: of `HEADS`: "linear", or "original" (the original study's dense stacks, for its five
        networks)
    stem: of `STEMS`: "imagenet" (the network's own), "small" (3×3, stride 1, no pooling; VGG19's
        own is like that already), or None for the name's usual one
    pretrained: with timm's weights; weights: a file or folder to read them from, which implies
        it. The head, and a small stem, are fresh all the same.
    image_size: side in pixels of the square images to come, checked if given
    code: of a network of the user's own, what `code_of` must be; "" for any
    drop_path: highest probability with which timm's stochastic depth leaves out a residual block
    """

    name: str
    num_classes: int
    channels: int
    head: str = "linear"
    stem: str | None = None
    pretrained: bool = False
    weights: Path | None = None
    image_size: int | None = None
    code: str = ""
    drop_path: float = 0.0

    @property
    def named(self) -> NamedModel | None:
        """Its row of `MODELS`; None for `timm:NAME`."""
        return MODELS.get(self.name)


def check_model_name(name: str) -> None:
    """Raise InputError, with the choices and the nearest, unless `name` is a network.

    Of one of the user's own only the form of the name is looked at.
    """
    if name.startswith(PREFIX):
        check_timm_name(name.removeprefix(PREFIX))
    elif is_own(name):
        split_name(name)
    else:
        check_name(name, [*MODELS, f"{PREFIX}NAME", "module:function"], "model")


def timm_name(name: str) -> str:
    """The name of the network in timm; InputError for augury's own, which timm lacks."""
    check_model_name(name)
    if name.startswith(PREFIX):
        return name.removeprefix(PREFIX)
    found = None if is_own(name) else MODELS[name].timm
    if found is None:
        raise InputError(f"{name}: has no pretrained weights")
    return found
