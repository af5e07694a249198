"""`augury doctor`: problems of a planned study, its costs and what it can show, before it runs.

Start with `examine.py`; each other file is one part of the diagnosis.
"""

from augury.study.doctor.costs import ArmCost, Costs
from augury.study.doctor.examine import Diagnosis, Setup, examine
from augury.study.doctor.notice import LEVELS, Notice
from augury.study.doctor.power import Power, Spread

__all__ = [
    "LEVELS",
    "ArmCost",
    "Costs",
    "Diagnosis",
    "Notice",
    "Power",
    "Setup",
    "Spread",
    "examine",
]
