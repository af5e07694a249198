"""Types with bounds, of numbers and of devices, used by several records."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from augury.errors import InputError
from augury.names import shown
from augury.schema import Within

Count = Annotated[int, Within(0, 2**53)]
Fraction = Annotated[float, Within(0, 1)]
# An accuracy on training images: a mean of mixed targets, which sum to 1 up to rounding errors.
Share = Annotated[float, Within(0, 1 + 1e-6)]
Percent = Annotated[float, Within(0, 100)]
Seconds = Annotated[float, Within(0, 1e12)]

Layout = Literal["contiguous", "channels_last"]
Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class DeviceName:
    """The names of devices: cpu, cuda (its first GPU), cuda:0, cuda:1, ..., mps (Apple's GPU).

    auto: whether "auto" is one, too.
    """

    auto: bool = False

    def check(self, name: str, value: str) -> None:
        """Raise InputError where `value` is none."""
        if re.fullmatch(r"cpu|mps|cuda(:[0-9]{1,3})?", value) or (self.auto and value == "auto"):
            return
        choices = f"{'auto, ' if self.auto else ''}cpu, cuda, cuda:N or mps"
        raise InputError(f"{name}: must be {choices}, got {shown(value)}")


Device = Annotated[str, DeviceName()]

_SEVERITIES = 5


def check_severities(accuracy: Mapping[str, Sequence[float | None]]) -> None:
    """Raise InputError unless each corruption has one value per severity."""
    for name, values in accuracy.items():
        if len(values) != _SEVERITIES:
            raise InputError(f"accuracy.{name}: must have {_SEVERITIES} values, got {len(values)}")
