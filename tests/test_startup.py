"""Python started without what lies in the working folder."""

import os
import site
import subprocess
import sys
from pathlib import Path

import numpy as np

import augury
from augury.report import image_row
from augury.startup import away_from_working_folder, child_environment, without_working_folder

SOURCE = Path(augury.__file__).parents[1]


def test_the_working_folder_is_left_out_however_it_is_written(tmp_path, monkeypatch):
    work = tmp_path / "work"
    (work / "lib").mkdir(parents=True)
    (tmp_path / "link").symlink_to(work)
    monkeypatch.chdir(work)
    others = ["lib", "/usr/lib/python3.11", str(tmp_path)]
    here = ["", ".", str(work), f"{work}/", "../work", str(tmp_path / "link")]
    assert without_working_folder([*here, *others]) == others
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", *others, str(work)]))
    cleaned = os.pathsep.join([f"{work}/lib", *others[1:]])
    assert child_environment() == {"PYTHONSAFEPATH": "1", "PYTHONPATH": cleaned}


def test_what_python_needs_stays_also_as_the_working_folder(monkeypatch):
    for needed in (str(SOURCE), site.getsitepackages()[0], os.path.dirname(os.__file__)):
        monkeypatch.chdir(needed)
        assert without_working_folder(["", needed, "/else"]) == [needed, "/else"]


def test_the_working_folder_is_come_back_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("matplotlibrc").touch()
    with away_from_working_folder():
        assert not os.path.exists("matplotlibrc")
    assert Path.cwd() == tmp_path


DRAWN = """
import sys
from pathlib import Path
import numpy as np
from augury.report import comparison_grid, image_row
from augury.report.svg import Axis
image_row(np.zeros((1, 3, 4, 4), np.uint8), ["1"], Path("row.png"))
print(Axis(3.89, 10.77, 0, 1).ticks(3))
print("matplotlib.pyplot" in sys.modules)
"""


def test_figures_do_not_depend_on_settings_that_lie_about(tmp_path):
    """Neither on those of the working folder, which are not even read, nor on the user's own."""
    (tmp_path / "user").mkdir()
    settings = "figure.facecolor: 00ff00\nfont.size: 30\naxes.titlecolor: red\n"
    settings += "image.origin: lower\nsavefig.bbox: tight\naxes.autolimit_mode: round_numbers\n"
    (tmp_path / "user" / "matplotlibrc").write_text(settings)
    (tmp_path / "matplotlibrc").write_text(settings + "no such: setting\n")
    variables = {"MPLCONFIGDIR": str(tmp_path / "user"), "PYTHONPATH": str(SOURCE)}
    done = subprocess.run(
        [sys.executable, "-c", DRAWN],
        cwd=tmp_path,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "no such" not in done.stderr
    image_row(np.zeros((1, 3, 4, 4), np.uint8), ["1"], tmp_path / "usual.png")
    assert (tmp_path / "row.png").read_bytes() == (tmp_path / "usual.png").read_bytes()
    # Worked out by hand: three steps of 2.5 within 3.89 to 10.77, and no fourth.
    assert done.stdout.splitlines() == ["[5.0, 7.5, 10.0]", "False"]
