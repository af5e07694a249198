"""What the terminal shows, as text and as HTML."""

import io
from abc import ABC, abstractmethod

from rich.console import RenderableType
from rich.terminal_theme import TerminalTheme

from augury.terminal.printer import Printer

_NOTEBOOK_COLUMNS = 100
_HTML = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:1.35;margin:0;'
    "font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace\">"
    "{code}</pre>"
)

# Black, red, green, yellow, blue, magenta, cyan and white, readable on white and on black pages:
# of red, green and yellow, which are used, the contrast is at least 4 with both.
_COLORS = TerminalTheme(
    (255, 255, 255),
    (0, 0, 0),
    [
        (118, 118, 118),
        (214, 69, 57),
        (42, 138, 69),
        (154, 111, 0),
        (58, 118, 196),
        (170, 80, 170),
        (20, 130, 145),
        (118, 118, 118),
    ],
)


def text_of(renderable: RenderableType) -> str:
    """Plain text without colors, as wide as the terminal, or 80 columns."""
    file = io.StringIO()
    Printer(file=file).print(renderable)
    return file.getvalue().removesuffix("\n")


def html_of(renderable: RenderableType) -> str:
    """The same characters in HTML, escaped, in the colors of the page that holds them."""
    printer = Printer(file=io.StringIO())
    printer.width = _NOTEBOOK_COLUMNS
    printer.print(renderable)
    return printer.export_html(code_format=_HTML, inline_styles=True, theme=_COLORS)


class Shown(ABC):
    """A result that looks alike in the terminal, in a Python session and in a notebook."""

    @abstractmethod
    def view(self) -> RenderableType:
        """The renderable that the command line prints."""

    def __str__(self) -> str:
        return text_of(self.view())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return html_of(self.view())
