"""What choosing the epoch on the images that are reported would add to the result."""

import numpy as np
from numpy.typing import NDArray


def best_epoch_optimism(accuracies: NDArray[np.float64], chosen: int) -> float:
    """How far the best epoch's accuracy is above the chosen epoch's, ≥ 0, in the same unit.

    accuracies: (E,), of one run on the images that are reported, finite or NaN where an epoch was
    not evaluated; such epochs are left out. chosen: index in [0, E) of the epoch reported, itself
    chosen without these images. The result is the part of a "best epoch" that is choice, not
    model. Raises ValueError for other values, and where the chosen epoch's accuracy is NaN.
    """
    if accuracies.ndim != 1 or np.isinf(accuracies).any():
        raise ValueError(f"accuracies: one an epoch, finite or NaN, is needed, got {accuracies}")
    if not 0 <= chosen < len(accuracies):
        raise ValueError(f"chosen: must be in [0, {len(accuracies)}), got {chosen}")
    if np.isnan(accuracies[chosen]):
        raise ValueError(f"accuracies: cannot say: the chosen epoch's, {chosen}, is not a number")
    return float(np.nanmax(accuracies) - accuracies[chosen])
