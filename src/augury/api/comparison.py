"""Two studies, arm by arm."""

from collections.abc import Sequence
from typing import overload

from rich.console import RenderableType

from augury.study.compare import ArmChange
from augury.terminal import Shown, comparison_view


class ComparisonTable(Shown, Sequence[ArmChange]):
    """The arms that two studies share, an `ArmChange` each: the second study minus the first.

    Printed it is what `augury compare` prints.
    """

    def __init__(self, changes: Sequence[ArmChange]) -> None:
        self._changes = tuple(changes)

    def __len__(self) -> int:
        return len(self._changes)

    @overload
    def __getitem__(self, at: int) -> ArmChange: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[ArmChange, ...]: ...
    def __getitem__(self, at: int | slice) -> ArmChange | tuple[ArmChange, ...]:
        return self._changes[at]

    def view(self) -> RenderableType:
        """The table as the terminal shows it."""
        return comparison_view(self._changes)
