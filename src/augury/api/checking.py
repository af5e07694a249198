"""`check`: what an augmentation really draws and does."""

from collections.abc import Sequence
from typing import overload

from rich.console import RenderableType

from augury.api.given import Arm, augmentation_names
from augury.augment import Augmentation
from augury.checks import Finding, subject
from augury.checks import check as run_checks
from augury.errors import InputError
from augury.terminal import Shown, findings_view


class CheckTable(Shown, Sequence[Finding]):
    """A `Finding` of each check: its `name`, what was `expected` and `measured`, its `verdict`.

    Printed it is what `augury check` prints.
    """

    def __init__(self, name: str, found: Sequence[Finding]) -> None:
        self._name, self._found = name, tuple(found)

    @property
    def faults(self) -> int:
        """How many checks found a fault."""
        return sum(each.verdict == "FAULT" for each in self._found)

    def __len__(self) -> int:
        return len(self._found)

    @overload
    def __getitem__(self, at: int) -> Finding: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...
    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        return self._found[at]

    def view(self) -> RenderableType:
        """The table as the terminal shows it."""
        return findings_view(self._name, self._found)


def check(
    augmentation: Arm, *, p: float | None = None, samples: int = 40_000, per_batch: bool = False
) -> CheckTable:
    """Check any augmentation: drawn per image, as often as documented, repeatable, labels right.

    augmentation: one of ours or its name, a chain such as "normal+cutmix", "module:attribute", or a
        transform of any library; methods that follow saliency are given random maps by their name
    p: the documented probability that an image is changed; by default its attribute `p`, if any
    samples: images augmented for each rate, 1,000 to 10,000,000
    per_batch: call another library's transform once a batch
    Raises InputError for what cannot be built or applied.
    """
    if isinstance(augmentation, Augmentation):
        if per_batch:
            raise InputError("per_batch: is for transforms of other libraries")
        name = type(augmentation).__name__
        return CheckTable(name, run_checks(augmentation, p, samples))
    (name,), _ = augmentation_names(augmentation)
    return CheckTable(name, run_checks(subject(name, per_batch), p, samples))
