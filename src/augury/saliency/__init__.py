"""Saliency maps: callables, batch -> (B, H, W) float ≥ 0.

One file per kind of map; `kinds.py` maps names to kinds, and `cache.py` stores maps by image id.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.saliency.at_size import AtSize
    from augury.saliency.cache import MapCache
    from augury.saliency.grad_cam import Activation, GradCam
    from augury.saliency.gradient import (
        GradientMap,
        InputGradient,
        absolute_map,
        gray_map,
        squared_map,
    )
    from augury.saliency.half_resolution import HalfResolution
    from augury.saliency.kinds import KINDS, Kind, Saliency, kind_at, newest_revision
    from augury.saliency.smoothgrad import SmoothGrad
    from augury.saliency.spectral_residual import SpectralResidual
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "KINDS",
    "Activation",
    "AtSize",
    "GradCam",
    "GradientMap",
    "HalfResolution",
    "InputGradient",
    "Kind",
    "MapCache",
    "Saliency",
    "SmoothGrad",
    "SpectralResidual",
    "absolute_map",
    "gray_map",
    "kind_at",
    "newest_revision",
    "squared_map",
]
