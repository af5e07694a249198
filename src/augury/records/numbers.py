"""Number types with bounds, used by several records."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from augury.errors import InputError
from augury.schema import Within

Count = Annotated[int, Within(0, 2**53)]
Fraction = Annotated[float, Within(0, 1)]
# An accuracy on training images: a mean of mixed targets, which sum to 1 up to rounding errors.
Share = Annotated[float, Within(0, 1 + 1e-6)]
Percent = Annotated[float, Within(0, 100)]
Seconds = Annotated[float, Within(0, 1e12)]

Layout = Literal["contiguous", "channels_last"]
Precision = Literal["float32", "bfloat16"]
Device = Literal["cpu", "cuda"]

_SEVERITIES = 5


def check_severities(accuracy: Mapping[str, Sequence[float | None]]) -> None:
    """Raise InputError unless each corruption has one value per severity."""
    for name, values in accuracy.items():
        if len(values) != _SEVERITIES:
            raise InputError(f"accuracy.{name}: must have {_SEVERITIES} values, got {len(values)}")
