"""An arm and its baseline over the same seeds and test images."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from augury.stats.points import to_points


@dataclass(frozen=True, eq=False)
class Calls:
    """What the S runs of two arms call N test images.

    labels: (N,) class numbers ≥ 0; called, baseline_called: (S, N).
    """

    labels: NDArray[np.integer]
    called: NDArray[np.integer]
    baseline_called: NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Pair:
    """An arm and its baseline over the same S seeds and N test images.

    seeds: S seeds; accuracy, baseline_accuracy: (S,) fractions in [0, 1] of the rule's metric, NaN
    where a run gave none; correct, baseline_correct: (S, N) bool, or None where predictions are
    missing; obstacle: why the two must not be compared, "" where nothing speaks against it; calls:
    needed for other metrics than accuracy. turns: (S,), where each seed tests other groups of
    images: seeds with equal numbers test the same. There are no correct, baseline_correct and calls
    then. None where all seeds test the same images.
    Raises ValueError for other shapes and values.
    """

    seeds: tuple[int, ...]
    accuracy: NDArray[np.float64]
    baseline_accuracy: NDArray[np.float64]
    correct: NDArray[np.bool_] | None = None
    baseline_correct: NDArray[np.bool_] | None = None
    obstacle: str = ""
    calls: Calls | None = None
    turns: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError(f"seeds: each must occur once, got {self.seeds}")
        for name in ("accuracy", "baseline_accuracy"):
            values = getattr(self, name)
            if values.shape != (len(self.seeds),):
                raise ValueError(f"{name}: one a seed is needed, got {values.shape}")
            if np.any((values < 0) | (values > 1)):
                raise ValueError(f"{name}: fractions in [0, 1] are needed, got {values}")
        for name in ("correct", "baseline_correct"):
            values = getattr(self, name)
            if values is not None and len(values) != len(self.seeds):
                raise ValueError(f"{name}: one row a seed is needed, got {values.shape}")

    @property
    def differences(self) -> NDArray[np.float64]:
        """(S,): accuracy minus baseline accuracy by seed, percentage points."""
        return to_points(self.accuracy) - to_points(self.baseline_accuracy)

    def first(self, seeds: int) -> "Pair":
        """The same pair with its first so many seeds only."""
        calls = self.calls and Calls(
            self.calls.labels, self.calls.called[:seeds], self.calls.baseline_called[:seeds]
        )
        return Pair(
            self.seeds[:seeds],
            self.accuracy[:seeds],
            self.baseline_accuracy[:seeds],
            None if self.correct is None else self.correct[:seeds],
            None if self.baseline_correct is None else self.baseline_correct[:seeds],
            self.obstacle,
            calls,
            None if self.turns is None else self.turns[:seeds],
        )
