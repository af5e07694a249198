"""What docs/how-to/my-network.md and my-data.md show works as written."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

PAGES = Path(__file__).parent.parent / "docs" / "how-to"
# A page's commands train as usual; here a second will do.
QUICK = {
    "study": shlex.split(
        "--seeds 1 --epochs 1 --train-limit 60 --test-limit 50 --corruptions 0 --workers 1"
    ),
    "doctor": shlex.split("--seeds 1 --epochs 1"),
    "data": [],
}


def blocks(page, language):
    text = (PAGES / page).read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def run(folder, *command):
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env={**os.environ, "AUGURY_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 3 if "doctor" in command else 0), done.stderr
    return done.stdout


@pytest.mark.parametrize("page", ["my-network.md", "my-data.md"])
def test_the_page_runs_as_it_is_written(page, tmp_path):
    mine, *programs = blocks(page, "python")
    assert mine.startswith("# mine.py\n")
    (tmp_path / "mine.py").write_text(mine)
    commands = [line for block in blocks(page, "console") for line in block.splitlines()]
    assert len(commands) == 2
    for line in commands:
        program, name, *options = shlex.split(line)
        assert program == "augury"
        run(tmp_path, "-m", "augury", name, *options, *QUICK[name])
    assert (tmp_path / "study" / "report.html").exists()
    for number, program in enumerate(programs):
        file = tmp_path / f"program_{number}.py"
        file.write_text(program)
        assert run(tmp_path, "-P", file.name)
    assert (tmp_path / "from-python" / "verdicts.json").exists()
