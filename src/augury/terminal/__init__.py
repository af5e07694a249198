"""What people see while they wait and when it is done: progress, tables, consoles.

The command line and the Python interface print through this package, so both print the same.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.terminal.comparison import comparison_view
    from augury.terminal.diagnosis import diagnosis_view
    from augury.terminal.findings import findings_view
    from augury.terminal.loading_progress import data_progress, few_of_each_reason
    from augury.terminal.preview_progress import show_with_progress
    from augury.terminal.printer import err, hushed, out, say
    from augury.terminal.rendered import Shown, html_of, text_of
    from augury.terminal.status import status_view
    from augury.terminal.study_progress import StudyProgress
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "Shown",
    "StudyProgress",
    "comparison_view",
    "data_progress",
    "diagnosis_view",
    "err",
    "few_of_each_reason",
    "findings_view",
    "html_of",
    "hushed",
    "out",
    "say",
    "show_with_progress",
    "status_view",
    "text_of",
]
