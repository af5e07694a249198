"""TensorBoard: event files in the study's folder, a folder for each arm."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augury.loggers.tracker import About, Run, library
from augury.records.cell import file_part


class TensorBoard:
    """Writes below `folder`: `tensorboard --logdir FOLDER` shows ARM/CELL as runs."""

    def __init__(self, study: str, folder: Path) -> None:
        self._writer: Any = library("torch.utils.tensorboard", "tensorboard").SummaryWriter
        self._folder = folder

    def begin(self, about: About) -> Run:
        """Begin the run of a cell; what an interrupted one wrote is replaced."""
        place = self._folder / file_part(about.arm) / about.cell
        writer = self._writer(log_dir=str(place), purge_step=0)
        rows = "\n".join(f"| {key} | {value} |" for key, value in about.config.items())
        writer.add_text("cell", f"| | |\n|---|---|\n{rows}", global_step=0)
        return _Run(writer)


class _Run:
    def __init__(self, writer: Any) -> None:
        self._writer, self._last = writer, 0

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        self._last = number
        for name, value in values.items():
            self._writer.add_scalar(name, value, global_step=number)

    def end(self, values: Mapping[str, float], error: str = "") -> None:
        for name, value in values.items():
            self._writer.add_scalar(name, value, global_step=self._last)
        if error:
            self._writer.add_text("error", error, global_step=self._last)
        self._writer.close()
