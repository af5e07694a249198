"""The command line: parse, call, print."""

import sys

from augury.cli.app import app
from augury.cli.guard import show_tracebacks


def main() -> None:
    """Entry point of the `augury` command; `--debug` may stand anywhere."""
    if "--debug" in sys.argv:
        sys.argv.remove("--debug")
        show_tracebacks()
    app()


__all__ = ["main"]
