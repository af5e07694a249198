"""Experiment trackers that are told of a study while it runs: one run a cell, grouped by arm.

`tracker.py` says what a tracker is; there is a file for each, which imports its library when it is
opened. `watching.py` turns the events of a study into what trackers are told.
"""

from typing import TYPE_CHECKING

from augury.lazy import LazyTable, Row, lazily

if TYPE_CHECKING:
    from augury.loggers.tracker import About, Run, Tracker
    from augury.loggers.watching import Watching, open_trackers
else:
    __getattr__, __dir__ = lazily(__name__)

# The names are those of `augury.study.planning.settings.LOGGERS`.
TRACKERS: "LazyTable[type[Tracker]]" = LazyTable(
    {
        "tensorboard": Row("augury.loggers.tensorboard:TensorBoard", "TensorBoard"),
        "mlflow": Row("augury.loggers.mlflow:MLflow", "MLflow"),
        "wandb": Row("augury.loggers.wandb:WeightsAndBiases", "Weights & Biases"),
    }
)

__all__ = ["TRACKERS", "About", "Run", "Tracker", "Watching", "open_trackers"]
