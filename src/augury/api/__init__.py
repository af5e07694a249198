"""Studies from Python: what the command line does, with objects as well as names.

`Study` is a study's folder as an object; what its methods give is in a file each.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.api.batch_sheet import show_batch
    from augury.api.checking import CheckTable, check
    from augury.api.comparison import ComparisonTable
    from augury.api.confirmations import ConfirmationTable
    from augury.api.diagnosis import DoctorReport
    from augury.api.exporting import export
    from augury.api.page import ReportPage
    from augury.api.preview import PreviewPicture
    from augury.api.status import StatusTable
    from augury.api.study import Study
    from augury.api.verdicts import VerdictTable
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "CheckTable",
    "ComparisonTable",
    "ConfirmationTable",
    "DoctorReport",
    "PreviewPicture",
    "ReportPage",
    "StatusTable",
    "Study",
    "VerdictTable",
    "check",
    "export",
    "show_batch",
]
