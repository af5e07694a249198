"""Studies run in a working folder that is full of what Python looks for."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from faulty import QUICK

from augury.study import StudyFolder, read_plan
from helpers.hostile_folder import fill, taken

MINE = "def make():\n    return lambda image: image // 2\n"
STUDY = ["augury", "study", *QUICK, "--seeds", "1", "--epochs", "1", "--out", "out"]
RAY = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
COMMANDS = {
    "local": [sys.executable, "-m", *STUDY, "--workers", "2"],
    "ray": [sys.executable, "-m", *STUDY, "--workers", "2", "--engine", "ray"],
    "torchrun": [
        str(Path(sys.executable).with_name("torchrun")),
        *("--standalone", "--nproc-per-node", "2", "-m", *STUDY),
    ],
}


@pytest.mark.faults
@pytest.mark.parametrize("engine", ["local", pytest.param("ray", marks=RAY), "torchrun"])
def test_no_process_takes_up_what_lies_there(engine, tmp_path, cache_folder, counts):
    """But for what was typed, which all of them accept."""
    here = tmp_path / "received"
    fill(here)
    (here / "mine.py").write_text(MINE)
    done = subprocess.run(
        [*COMMANDS[engine], "--augment", "none,mine:make"],
        cwd=here,
        env=os.environ | {"AUGURY_TRUST": str(tmp_path / "trusted")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert taken(here) == ""
    assert done.returncode == 0, done.stderr
    folder = StudyFolder(here / "out")
    assert [folder.run(cell).done for cell in read_plan(folder.plan_file).cells] == [True, True]
    assert not (tmp_path / "trusted").exists()
    counts(f"hostile working folder, {engine}", files=len(list(here.glob("*.py"))))
