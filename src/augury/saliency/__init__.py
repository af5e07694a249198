"""Where a network looks: saliency maps as callables, batch -> (B, H, W) float ≥ 0."""

from augury.saliency.cache import MapCache
from augury.saliency.gradient import GradientMap, InputGradient, grey_map

__all__ = ["GradientMap", "InputGradient", "MapCache", "grey_map"]
