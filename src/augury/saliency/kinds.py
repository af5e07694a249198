"""The kinds of saliency by name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

# The package imports a map's module when the map is built, so that listing the kinds needs none.
import augury.saliency as maps

if TYPE_CHECKING:
    from torch import Tensor, nn

    from augury.batch import Batch

Saliency = Callable[["Batch"], "Tensor"]
Normalization = Callable[["Tensor"], "Tensor"]


@dataclass(frozen=True)
class Kind:
    """build: (model, normalize) -> batch -> maps (B, H, W) in [0, 1].

    signed: it gives gradients (B, C, H, W) instead. needs_network: if False, `build` ignores both
    arguments, and an image's map never changes. revision: raised when the meaning of a name
    changes; stored maps and studies keep the kind that they began with (`kind_at`).
    """

    title: str
    build: "Callable[[nn.Module, Normalization], Saliency]"
    signed: bool = False
    needs_network: bool = True
    revision: int = 1


KINDS: dict[str, Kind] = {
    "gradient": Kind(
        "gradient of the largest score, summed over channels, min-max scaled",
        lambda model, normalize: maps.GradientMap(maps.InputGradient(model, normalize)),
    ),
    "signed-gradient": Kind(
        "gradient of the largest score per channel",
        lambda model, normalize: maps.InputGradient(model, normalize),
        signed=True,
    ),
    "absolute-gradient": Kind(
        "gradient of the largest score, mean size over channels",
        lambda model, normalize: maps.GradientMap(
            maps.InputGradient(model, normalize), maps.absolute_map
        ),
    ),
    "squared-gradient": Kind(
        "gradient of the largest score, root mean square over channels",
        lambda model, normalize: maps.GradientMap(
            maps.InputGradient(model, normalize), maps.squared_map
        ),
    ),
    "label-gradient": Kind(
        "gradient of the label's score, mean size over channels",
        lambda model, normalize: maps.GradientMap(
            maps.InputGradient(model, normalize, "label"), maps.absolute_map
        ),
    ),
    "loss-gradient": Kind(
        "gradient of the loss, root mean square over channels",
        lambda model, normalize: maps.GradientMap(
            maps.InputGradient(model, normalize, "loss"), maps.squared_map
        ),
    ),
    "smoothgrad": Kind(
        "gradient of the largest score, mean over 8 noisy copies, mean size over channels",
        lambda model, normalize: maps.GradientMap(
            maps.SmoothGrad(maps.InputGradient(model, normalize)), maps.absolute_map
        ),
    ),
    "grad-cam": Kind(
        "feature maps weighted by their gradient",
        lambda model, normalize: maps.GradCam(model, normalize),
    ),
    "activation": Kind(
        "mean of the feature maps",
        lambda model, normalize: maps.Activation(model, normalize),
    ),
    "spectral-residual": Kind(
        "what is unlike its neighborhood in the image's spectrum, without a network",
        lambda model, normalize: maps.SpectralResidual(),
        needs_network=False,
        revision=2,
    ),
}

# The names whose meaning has changed, with their kind at revision 1.
_AT_FIRST: dict[str, Kind] = {
    "spectral-residual": Kind(
        "as spectral-residual, but what lies on the border counts double",
        lambda model, normalize: maps.SpectralResidual("repeated"),
        needs_network=False,
    ),
}


def kind_at(name: str, revision: int) -> Kind:
    """The kind called `name` (one of KINDS) in a study whose maps are of `revision`."""
    kind = KINDS[name]
    return kind if kind.revision <= revision else _AT_FIRST[name]


def newest_revision(names: Iterable[str] = KINDS) -> int:
    """The revision from which on all `names` (of KINDS) have today's meaning."""
    return max((KINDS[name].revision for name in names), default=1)
