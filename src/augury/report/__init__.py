"""Reports of a study, from its files alone: an HTML page, a CSV file, a table for the terminal.

`load.py` joins the study's records; nothing here computes a statistic or loads a model.
"""

from typing import TYPE_CHECKING

from augury.lazy import lazily

if TYPE_CHECKING:
    from augury.report.figures import comparison_grid, image_row, preview_figure
    from augury.report.html import write_report
    from augury.report.load import StudyRecords, load_study
    from augury.report.load import StudyRecords as Study  # its name in the first version
    from augury.report.summary import write_summary
    from augury.report.terminal import verdict_table
    from augury.report.verdict_section import verdict_html
else:
    __getattr__, __dir__ = lazily(__name__)

__all__ = [
    "Study",
    "StudyRecords",
    "comparison_grid",
    "image_row",
    "load_study",
    "preview_figure",
    "verdict_html",
    "verdict_table",
    "write_report",
    "write_summary",
]
