"""Progress displays in a notebook, updated in place."""

import time
from typing import Protocol

from rich.console import RenderableType

from augury.terminal.printer import err
from augury.terminal.rendered import html_of

_SECONDS_BETWEEN_DRAWINGS = 0.25


class _Handle(Protocol):
    """IPython's DisplayHandle."""

    def update(self, shown: object) -> None:
        """Show something else in its place."""


class NotebookView:
    """One output of a notebook's cell, drawn anew as the renderable changes.

    rich's own `Live` needs ipywidgets in a notebook; this needs what every notebook has.
    """

    def __init__(self, renderable: RenderableType) -> None:
        self.renderable = renderable
        self._handle: _Handle | None = None
        self._drawn = 0.0

    def refresh(self) -> None:
        """Draw it, unless that was done a moment ago."""
        from IPython.display import HTML, display  # there is one in a notebook only

        now = time.monotonic()
        if self._handle is None:
            self._handle = display(HTML(html_of(self.renderable)), display_id=True)
        elif now - self._drawn >= _SECONDS_BETWEEN_DRAWINGS:
            self._handle.update(HTML(html_of(self.renderable)))
        else:
            return
        self._drawn = now

    def stop(self) -> None:
        """Leave nothing of it."""
        from IPython.display import HTML

        if self._handle is not None:
            self._handle.update(HTML(""))


def notebook_view(renderable: RenderableType) -> NotebookView | None:
    """A view of the renderable in a notebook that is to be told; None where there is none."""
    return NotebookView(renderable) if err.is_jupyter and not err.quiet else None
