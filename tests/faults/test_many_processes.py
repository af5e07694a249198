"""Several processes on one study, one of them killed: no cell is lost, and none done twice."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from helpers.command_line import wait_for

SCRIPT = Path(__file__).with_name("stub_study.py")


def share(folder, processes, seeds):
    """Run a study of 2 × `seeds` stubbed cells by several processes, and kill one of them."""
    study, ledger = folder / "study", folder / "ledger"
    command = [sys.executable, str(SCRIPT), "study", "--augment", "none,flip", "--out", str(study)]
    command += ["--seeds", str(seeds), "--workers", "1", "--epochs", "1", "--corruptions", "0"]
    environment = {**os.environ, "STUB_LEDGER": str(ledger), "STUB_CROWD": str(processes)}
    said = [(folder / f"said-{i}").open("w") for i in range(processes)]
    crowd = [subprocess.Popen(command, env=environment, stdout=file, stderr=file) for file in said]
    cells = 2 * seeds

    def lines():
        return ledger.read_text().splitlines() if ledger.exists() else []

    wait_for(lambda: sum(line.startswith("finish") for line in lines()) > cells // 4, 900)
    victim = random.Random(0).choice(crowd)
    victim.send_signal(signal.SIGKILL)
    codes = [process.wait() for process in crowd]
    for file in said:
        file.close()
    assert Counter(codes) == {0: processes - 1, -signal.SIGKILL: 1}, [
        Path(file.name).read_text()[-300:] for file in said
    ]
    events = [line.split()[:2] for line in lines()]
    started = Counter(cell for event, cell in events if event == "start")
    finished = Counter(cell for event, cell in events if event == "finish")
    assert len(list(study.glob("runs/*/result.json"))) == cells
    # The cell that the victim's worker was at may have been begun twice; its note may be missing.
    cut = sum((started - finished).values())
    assert cut <= 1
    assert set(started) == set(finished) or cut == 1
    assert max(finished.values()) == 1
    assert sum(started.values()) - cells <= 1
    return {
        "processes": processes,
        "killed": 1,
        "cells": cells,
        "lost": cells - len(started),
        "finished_twice": sum(n > 1 for n in finished.values()),
        "begun_twice": sum(n > 1 for n in started.values()),
        "processes_that_did_cells": len({line.split()[2] for line in lines()}),
    }


def test_two_processes_share_a_study(tmp_path, cache_folder, counts):
    counts("processes on one study (short)", **share(tmp_path, 2, 6))


@pytest.mark.faults
def test_eight_processes_share_a_thousand_cells(tmp_path, cache_folder, counts):
    counts("processes on one study", **share(tmp_path, 8, 500))
