"""What became of the decided arms of a study under other conditions: rows, and a table."""

from collections.abc import Iterator, Sequence
from typing import overload

from rich.console import RenderableType

from augury.report.lasting_terminal import lasting_table
from augury.report.load import StudyRecords
from augury.study.confirming.reading import Confirmation
from augury.terminal import Shown


class ConfirmationTable(Shown, Sequence[Confirmation]):
    """A `Confirmation` for each decided arm and each condition that it was asked again under.

    A row has `condition`, `dataset`, `model` and `augmentation`, the study's `verdict`, the
    `finding` ("holds", "flips", "fades", "not decided", "cannot say" or "failed"), `difference` and
    `interval` under the condition (percentage points), its `seeds` and `words`. Printed it is the
    command line's table.
    """

    def __init__(self, records: StudyRecords) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records.confirmations)

    def __iter__(self) -> Iterator[Confirmation]:
        return iter(self._records.confirmations)

    @overload
    def __getitem__(self, at: int) -> Confirmation: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Confirmation, ...]: ...
    def __getitem__(self, at: int | slice) -> Confirmation | tuple[Confirmation, ...]:
        return self._records.confirmations[at]

    def view(self) -> RenderableType:
        """The table as the terminal shows it."""
        return lasting_table(self._records) or "nothing has been asked again"
