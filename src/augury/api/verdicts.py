"""The verdicts of a study: rows to compute with, a table to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, overload

from rich.console import RenderableType

from augury.errors import InputError
from augury.records.verdicts import ArmVerdict, Trained
from augury.report import verdict_html, verdict_table
from augury.report.load import StudyRecords
from augury.report.what_next import NextStep, next_steps
from augury.stats import Rule
from augury.terminal import Shown

if TYPE_CHECKING:
    import pandas


class VerdictTable(Shown, Sequence[ArmVerdict]):
    """What a study says of each arm but the baseline, an `ArmVerdict` each, in the plan's order.

    A row has `dataset`, `model`, `augmentation`, `difference` and `interval` (percentage points of
    test accuracy, against `baseline`), `p`, `seeds`, `verdict` ("helps", "hurts", "cannot say"; of
    a race also "no difference" that matters and "not decided", with `decided_after`; otherwise "not
    shown"), `words` (one line), and all else that `Comparison` lists. Printed it is the command
    line's table; in a notebook, the table of the report.
    """

    def __init__(self, records: StudyRecords) -> None:
        self._records = records

    @property
    def rule(self) -> Rule:
        """The rule that the verdicts were reached by."""
        return self._records.rule

    @property
    def baseline(self) -> str:
        """The arm that the others are compared with."""
        return self._records.baseline

    @property
    def trained(self) -> tuple[Trained, ...]:
        """How far the networks of each arm have learned; empty where no run measured it."""
        return self._records.trained

    @property
    def still_learning(self) -> bool | None:
        """Whether the networks of any arm were still learning; None where no run tells.

        If so, verdicts hold for this number of epochs only: `next_epochs` is the one to try next.
        """
        known = [each.still_learning for each in self.trained if each.still_learning is not None]
        return any(known) if known else None

    @property
    def next_epochs(self) -> int | None:
        """The number of epochs to try next where networks were still learning, else None."""
        return self._records.next_epochs

    @property
    def next_steps(self) -> list[NextStep]:
        """One or two things that would change most for the least time, each with its price."""
        return next_steps(self._records)

    def __len__(self) -> int:
        return len(self._records.comparisons)

    def __iter__(self) -> Iterator[ArmVerdict]:
        return iter(self._records.comparisons)

    @overload
    def __getitem__(self, at: int) -> ArmVerdict: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[ArmVerdict, ...]: ...
    def __getitem__(self, at: int | slice) -> ArmVerdict | tuple[ArmVerdict, ...]:
        return self._records.comparisons[at]

    def view(self) -> RenderableType:
        """The table as the terminal shows it."""
        return verdict_table(self._records)

    def _repr_html_(self) -> str:
        return verdict_html(self._records)

    def to_pandas(self) -> "pandas.DataFrame":
        """A data frame with a row for each arm; an interval takes two columns, `_low` and `_high`.

        Raises InputError where pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise InputError(
                "to_pandas needs pandas, which is not installed: pip install pandas"
            ) from error
        return pandas.DataFrame([_flat(row) for row in self], columns=_columns())


# The names first, as in verdicts.json.
_NAMES = ("dataset", "model", "augmentation", "baseline")
_INTERVALS = ("interval", "probability_interval", "two_way_interval", "sequence")


def _columns() -> list[str]:
    names = [*_NAMES, *(each.name for each in fields(ArmVerdict) if each.name not in _NAMES)]
    return [
        column
        for name in names
        for column in ((f"{name}_low", f"{name}_high") if name in _INTERVALS else (name,))
    ]


def _flat(row: ArmVerdict) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in vars(row).items():
        if name in _INTERVALS:
            flat[f"{name}_low"], flat[f"{name}_high"] = value or (None, None)
        else:
            flat[name] = value
    return flat
