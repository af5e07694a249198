"""Training one network: recipe, loop, evaluation, checkpoints."""

from augury.training.checkpoint import CheckpointFolder
from augury.training.evaluate import Evaluation, evaluate
from augury.training.loop import Epoch, Training
from augury.training.network import Network, Normalize, Speed, channel_statistics
from augury.training.recipe import Recipe

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
