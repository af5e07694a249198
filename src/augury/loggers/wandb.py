"""Weights & Biases: a project for the study, a group for each arm, a run a cell."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from augury.loggers.tracker import About, Run, library
from augury.records.cell import file_part

_LONGEST = 128  # characters of a project's or a group's name


class WeightsAndBiases:
    """Tells the account that `wandb login` has set; with WANDB_MODE=offline, files in `folder`.

    An interrupted cell goes on in its run.
    """

    def __init__(self, study: str, folder: Path) -> None:
        self._wandb: Any = library("wandb", "wandb")
        self._study, self._folder = study, folder

    def begin(self, about: About) -> Run:
        """Begin the run of a cell, in the group of its arm."""
        self._folder.mkdir(parents=True, exist_ok=True)
        told = f"{self._study} {about.cell}".encode()
        return _Run(
            self._wandb.init(
                project=file_part(self._study)[:_LONGEST],
                group=about.arm[:_LONGEST],
                name=about.cell,
                id=hashlib.sha256(told).hexdigest()[:16],
                config=dict(about.config),
                dir=str(self._folder),
                resume="allow",
                reinit="create_new",  # cells run at once
                settings=self._wandb.Settings(silent=True),
            )
        )


class _Run:
    def __init__(self, run: Any) -> None:
        self._run = run

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=number)

    def end(self, values: Mapping[str, float], error: str = "") -> None:
        self._run.summary.update({**values, **({"error": error} if error else {})})
        self._run.finish(exit_code=1 if error else 0)
