"""`augury doctor`: what is wrong, what it costs and what it can show, before anything runs."""

from augury.study.doctor.costs import ArmCost, Costs
from augury.study.doctor.examine import Diagnosis, Setup, examine
from augury.study.doctor.finding import LEVELS, Finding
from augury.study.doctor.power import Power, Spread

__all__ = [
    "LEVELS",
    "ArmCost",
    "Costs",
    "Diagnosis",
    "Finding",
    "Power",
    "Setup",
    "Spread",
    "examine",
]
