"""Engines run the cells of a study, on this machine or elsewhere. One file per engine.

`engine.py` says what an engine is; `ENGINES` names those that there are.
"""

from collections.abc import Callable

from augury.study.engines.engine import Engine, Job, Workload
from augury.study.engines.in_process import InProcess
from augury.study.engines.local import Local
from augury.study.engines.ray import Ray
from augury.study.engines.torchrun import Torchrun

ENGINES: dict[str, Callable[..., Engine]] = {
    "local": Local,
    "ray": Ray,
    "torchrun": Torchrun,
    "in-process": InProcess,
}

# What runs cells where no engine is given.
LOCAL = Local()

__all__ = ["ENGINES", "LOCAL", "Engine", "InProcess", "Job", "Local", "Ray", "Torchrun", "Workload"]
