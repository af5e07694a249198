"""The report of a study, as a path that a notebook shows."""

import os
from html import escape
from pathlib import Path
from urllib.parse import quote


class ReportPage(os.PathLike[str]):
    """The report of a study, `report.html`: a path that a notebook shows with its page below.

    `str` and `open` take it as they take any path; `path` is the `pathlib.Path`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> str:
        return str(self.path)

    def __str__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"ReportPage({str(self.path)!r})"

    def _repr_html_(self) -> str:
        url = _url(self.path)
        return (
            f'<p><a href="{url}" target="_blank">{escape(str(self.path))}</a></p>'
            f'<iframe src="{url}" width="100%" height="640" style="border:0" '
            'title="The report of the study"></iframe>'
        )


def _url(path: Path) -> str:
    """Relative to the working folder, which is the notebook's; notebooks serve what lies there."""
    path, here = path.resolve(), Path.cwd()
    if path.is_relative_to(here):
        return quote(path.relative_to(here).as_posix())
    return path.as_uri()
