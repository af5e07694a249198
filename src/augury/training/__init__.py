"""Training one network: recipe, loop, evaluation, checkpoints.

The names that a recipe may choose among stand in three tables: `optimizers.py`, `schedules.py` and
`normalizations.py`.
"""

from augury.records.epochs import Epoch
from augury.records.recipe import Recipe
from augury.training.checkpoint import CheckpointFolder
from augury.training.evaluate import Evaluation, evaluate
from augury.training.loop import Training
from augury.training.network import Network, Normalize, Speed
from augury.training.normalizations import channel_statistics

__all__ = [
    "CheckpointFolder",
    "Epoch",
    "Evaluation",
    "Network",
    "Normalize",
    "Recipe",
    "Speed",
    "Training",
    "channel_statistics",
    "evaluate",
]
