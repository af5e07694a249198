"""What a report ends with: the steps that would change most of its verdicts for the least time.

Each kind of step is a file; `choose.py` picks one or two of those that a study offers.
"""

from augury.report.what_next.choose import next_steps
from augury.report.what_next.step import NextStep

__all__ = ["NextStep", "next_steps"]
