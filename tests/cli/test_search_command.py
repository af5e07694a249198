"""`augury study --search`, as far as it is typed; `tests/api/test_search.py` has whole searches."""

import pytest
from typer.testing import CliRunner

from augury.cli.app import app


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--search", "flip"], "needs two candidates or more besides the baseline none, got flip"),
        (["--search", ""], "needs two candidates or more besides the baseline none, got none"),
        (["--search", "flip,none"], "search: none is the baseline, and no candidate"),
        (["--search", "flip,crop", "--baseline", "crop"], "crop is the baseline, and no candidate"),
        (["--search", "flip,crop", "--seeds", "6"], "adds seeds as they are needed; leave --seeds"),
        (["--search", "flip,crop", "--until-decided"], "leave --until-decided out"),
        (["--search", "flip,flip"], "each may be named once, got none, flip, flip"),
    ],
)
def test_what_is_no_search_is_said_in_one_line(options, said, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["study", *options])
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []
