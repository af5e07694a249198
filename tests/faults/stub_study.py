"""A script: `augury study` whose cells take 20 ms and train nothing; each is noted in a ledger.

    STUB_LEDGER=FILE STUB_CROWD=N python stub_study.py study --out DIR ...

No cell ends before N processes are at one. Workers run `work`, for which they import this module.
"""

import os
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1]))  # where pytest finds it, too

import augury.study.running.run
from augury.cli.app import app
from augury.records.result import write_result
from augury.study.engines import local
from augury.study.store import write_arrays
from helpers.results import make_result

SECONDS = 0.02
waited = False


def note(event: str, cell) -> None:
    """One write of less than a page at the end of the file: whole, whoever else is writing."""
    line = f"{event} {cell.name} {os.getpid()}\n".encode()
    descriptor = os.open(os.environ["STUB_LEDGER"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line)
    os.close(descriptor)


def wait_for_the_others(cell) -> None:
    note("here", cell)
    ledger = Path(os.environ["STUB_LEDGER"])

    def here() -> int:
        lines = map(str.split, ledger.read_text().splitlines())
        return len({pid for event, _, pid in lines if event == "here"})

    while here() < int(os.environ["STUB_CROWD"]):
        time.sleep(0.05)


def train(cell, plan, run, dataset, listener, processes) -> None:
    """In place of `_train_and_test`."""
    global waited
    note("start", cell)
    if not waited:
        wait_for_the_others(cell)
        waited = True
    time.sleep(SECONDS)
    labels = dataset.test.labels[:20]
    write_arrays(run.predictions, {"test_ids": dataset.test.ids[:20], "test_labels": labels})
    write_result(run.result, make_result(cell, seconds=SECONDS))
    note("finish", cell)


def work(*arguments) -> None:
    """What Local's processes run."""
    _worker(*arguments)


_worker = local._work
augury.study.running.run._train_and_test = train

if __name__ == "__main__":
    import stub_study  # under the name that other processes import it by

    local._work = stub_study.work
    app(sys.argv[1:])
