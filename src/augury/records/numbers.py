"""Types that several records share, with their bounds."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from augury.errors import InputError
from augury.schema import Within

Count = Annotated[int, Within(0, 2**53)]
Fraction = Annotated[float, Within(0, 1)]
# Of training: a mean of the shares of mixed targets, which sum to 1 up to rounding errors.
Share = Annotated[float, Within(0, 1 + 1e-6)]
Percent = Annotated[float, Within(0, 100)]
Seconds = Annotated[float, Within(0, 1e12)]

Layout = Literal["contiguous", "channels_last"]
Precision = Literal["float32", "bfloat16"]
Device = Literal["cpu", "cuda"]

_SEVERITIES = 5


def check_severities(accuracy: Mapping[str, Sequence[float | None]]) -> None:
    """Raise InputError unless there is one value of each corruption for each severity."""
    for name, values in accuracy.items():
        if len(values) != _SEVERITIES:
            raise InputError(f"accuracy.{name}: must have {_SEVERITIES} values, got {len(values)}")
