"""MLflow: an experiment for the study, a parent run for each arm, and below it a run a cell."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from augury.loggers.tracker import About, Run, library


class MLflow:
    """Tells the server that MLFLOW_TRACKING_URI names; without it, a database in `folder`.

    It takes MLflow's client, not its functions: those know one open run, and cells run at once.
    """

    def __init__(self, study: str, folder: Path) -> None:
        self._mlflow: Any = library("mlflow", "mlflow")
        self._study, self._folder = study, folder
        self._arms: dict[str, str] = {}

    def begin(self, about: About) -> Run:
        """Begin the run of a cell, below that of its arm."""
        arm = self._arms.get(about.arm) or self._begin_arm(about.arm)
        tags = {"mlflow.parentRunId": arm, "augury.arm": about.arm, "augury.cell": about.cell}
        run = self._client.create_run(self._experiment, tags=tags, run_name=about.cell)
        for key, value in about.config.items():
            self._client.log_param(run.info.run_id, key, value)
        return _Run(self._client, run.info.run_id)

    @cached_property
    def _client(self) -> Any:
        where = os.environ.get("MLFLOW_TRACKING_URI")
        if not where:
            self._folder.mkdir(parents=True, exist_ok=True)
            where = f"sqlite:///{(self._folder / 'mlflow.db').resolve()}"
        return self._mlflow.MlflowClient(tracking_uri=where)

    @cached_property
    def _experiment(self) -> str:
        found = self._client.get_experiment_by_name(self._study)
        made = found.experiment_id if found else self._client.create_experiment(self._study)
        return str(made)

    def _begin_arm(self, arm: str) -> str:
        run = self._client.create_run(self._experiment, tags={"augury.arm": arm}, run_name=arm)
        # It groups its cells and has no values of its own.
        self._client.set_terminated(run.info.run_id, status="FINISHED")
        self._arms[arm] = run.info.run_id
        return self._arms[arm]


class _Run:
    def __init__(self, client: Any, run: str) -> None:
        self._client, self._run = client, run

    def epoch(self, number: int, values: Mapping[str, float]) -> None:
        for name, value in values.items():
            self._client.log_metric(self._run, name, value, step=number)

    def end(self, values: Mapping[str, float], error: str = "") -> None:
        for name, value in values.items():
            self._client.log_metric(self._run, name, value)
        if error:
            self._client.set_tag(self._run, "augury.error", error)
        self._client.set_terminated(self._run, status="FAILED" if error else "FINISHED")
