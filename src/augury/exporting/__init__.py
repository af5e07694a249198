"""An augmentation as code for another library, or for a loop of one's own.

A file for each library, with a table from our classes to its code. What a library cannot express
is an error, and is never approximated; each difference in meaning is a comment in the code.
"""

from augury.exporting.piece import Order
from augury.exporting.targets import TARGETS, exported

__all__ = ["TARGETS", "Order", "exported"]
