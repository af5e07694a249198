"""Compiled loops over images: the same draws to the bit, and pixels to 1e-6 of the plain path.

`steps.py` names what they can do; `switch.py` turns them off. They know tensors and arrays, and no
augmentation: an augmentation translates its params into steps.
"""

from augury.kernels.switch import enabled, plain_path

__all__ = ["enabled", "plain_path"]
