"""Each row of the fault suite says what it did and how often; the terminal shows it at the end.

With AUGURY_FAULT_COUNTS=FILE the counts are added to FILE, as JSON with machine and versions.
"""

import json
import os
import sys
import time
from pathlib import Path

import pytest
from faulty import ARMS, run

from augury.records.json_file import to_values
from augury.study.provenance import provenance

_rows: dict[str, dict[str, object]] = {}


@pytest.fixture(scope="session")
def straight(tmp_path_factory, cache_folder):
    """A study that nothing happened to, and how many seconds it took."""
    folder = tmp_path_factory.mktemp("straight") / "study"
    started = time.monotonic()
    done = run(folder, *ARMS)
    assert done.returncode == 0, done.stderr
    return folder, time.monotonic() - started


@pytest.fixture
def counts():
    """Call it with a row's name and its counts."""

    def keep(row: str, **numbers: object) -> None:
        _rows[row] = numbers

    return keep


def pytest_terminal_summary(terminalreporter) -> None:
    if not _rows:
        return
    terminalreporter.section("faults")
    for row, numbers in _rows.items():
        shown = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items())
        terminalreporter.write_line(f"{row}: {shown}")
    if path := os.environ.get("AUGURY_FAULT_COUNTS"):
        _add(Path(path))


def _add(path: Path) -> None:
    known = json.loads(path.read_text()) if path.exists() else {"rows": {}}
    where = {k: v for k, v in to_values(provenance()).items() if k != "command"}
    command = " ".join(["pytest", *sys.argv[1:]])
    # With each row, as a file may be filled by several runs.
    processor = where["machine"]["processor"]
    about = {"command": command, "created": where["created"], "processor": processor}
    for row, numbers in _rows.items():
        known["rows"][row] = {**numbers, **about}
    known |= where
    path.write_text(json.dumps(known, indent=1) + "\n")
