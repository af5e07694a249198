"""What docs/how-to/take-it-home.md shows is what the command prints."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from augury.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "take-it-home.md"


def test_the_exported_code_is_that_of_the_command():
    shown = re.findall(
        r"```console\n(augury export [^\n]*)\n```\n.*?```(?:python|text)\n(.*?)```",
        PAGE.read_text("utf-8"),
        re.DOTALL,
    )
    assert len(shown) == 2
    for line, expected in shown:
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.stdout + done.stderr == expected
