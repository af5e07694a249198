"""What the doctor found before a study."""

from rich.console import RenderableType

from augury.study.doctor import Diagnosis
from augury.terminal import Shown, diagnosis_view


class DoctorReport(Shown, Diagnosis):
    """A `Diagnosis`, which has `findings`, `problems`, `machine`, `costs` and `power`.

    Printed it is what `augury doctor` prints.
    """

    def view(self) -> RenderableType:
        """All of it as the terminal shows it."""
        return diagnosis_view(self)
