"""The command line: parse, call, print.

One file per command; options are made from the fields of settings, in `study_options.py`.
"""

import sys

from augury.cli.app import app
from augury.cli.guard import show_tracebacks
from augury.terminal.printer import err, output_error
from augury.terminal.streams import prepare_streams


def main() -> None:
    """Entry point of the `augury` command; `--debug` may stand anywhere."""
    prepare_streams()
    if "--debug" in sys.argv:
        sys.argv.remove("--debug")
        show_tracebacks()
    try:
        app()
    except OSError as error:  # of the help, which no command guards
        told = output_error(error)
        err.print(f"augury: {told}", soft_wrap=True)
        sys.exit(told.exit_code)


__all__ = ["main"]
