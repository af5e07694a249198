"""A script: strikes at each file operation of a checkpoint's save, a cell, or a whole study.

    python each_operation.py FOLDER WHAT [--step N] [--errors ENOSPC ...] [--times N]

WHAT: "save" or "cell" (the process is killed there), "study" (the disk refuses from there on),
"cache" (the same of the cache folder, which is empty at the beginning) or "moments" (a study is
killed N times, at random moments). Prints one line of JSON. Each try is a fork of this process,
which has everything imported.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import time
import warnings
from collections import Counter
from pathlib import Path

import torch
from faulty import QUICK, bits, leftovers
from hooks import REFUSALS, Hooks, end_process, refusal

import augury.study.planning.probe
import augury.study.running.run
from augury.augment import AUGMENTATIONS  # noqa: F401 - imported before the forks
from augury.cli.app import app
from augury.corruptions import CORRUPTIONS, SEVERITIES
from augury.data import load_dataset
from augury.study import StudyFolder, read_plan
from augury.study.running.listener import Listener
from augury.study.running.run import run_cell
from augury.training.checkpoint import Checkpoint, CheckpointFolder

MOST = 2000
CELL = ["--augment", "salience", "--seeds", "1", "--epochs"]


def no_robustness(*arguments) -> dict[str, object]:
    """What stands for it; its file is written all the same."""
    names = {name: [0.1] * len(SEVERITIES) for name in CORRUPTIONS}
    return {"images": 2, "clean": 0.1, "accuracy": names}


def forked(act, killed_after: float | None = None) -> int:
    """The exit code of a fork that runs `act`, which returns its exit code.

    killed_after: seconds until it gets SIGKILL, if it is still there; its code is -9 then.
    """
    sys.stdout.flush()
    pid = os.fork()
    if pid and killed_after is not None:
        time.sleep(killed_after)
        os.kill(pid, signal.SIGKILL)
    if pid == 0:
        code = 99
        try:
            code = act()
        except SystemExit as end:
            code = int(end.code or 0)
        except BaseException as error:  # noqa: BLE001 - a fork must not go on as its parent does
            print(f"unexpected {error!r}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def studied(folder: Path, arms: list[str], said: Path | None = None) -> int:
    if said:
        descriptor = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
    augury.study.running.run.measure_robustness = no_robustness
    # Always the same choice, as an empty cache means to measure anew, and a layout has its bits.
    augury.study.planning.probe.measure_speeds = lambda *arguments: {"contiguous float32": 1.0}
    # Without workers, so that the hooks see all of a study's writes.
    app(["study", *QUICK, *arms, "--out", str(folder), "--engine", "in-process"])
    return 0


def each_save(folder: Path, step: int) -> dict[str, object]:
    """Old or new, whole, after a kill at each operation of a save."""
    old = Checkpoint({"w": torch.zeros(50_000)}, {"epoch": 1})
    new = Checkpoint({"w": torch.ones(50_000)}, {"epoch": 2})
    found = {"old": 0, "new": 0}
    for at in range(0, MOST, step):
        checkpoints = CheckpointFolder(folder / f"save-{at}", "run")
        checkpoints.save(1, old)

        def save(at=at, checkpoints=checkpoints):
            Hooks([folder], at, end_process).install()
            checkpoints.save(2, new)
            return 0

        code = forked(save)
        loaded = checkpoints.load(lambda line: sys.exit(f"not whole: {line}"))
        expected = {1: old, 2: new}[loaded.state["epoch"]]
        assert torch.equal(loaded.tensors["w"], expected.tensors["w"]), at
        if code == 0:
            assert expected is new
            return {"kills": at // step, **found}
        assert code == 137, code
        found["new" if expected is new else "old"] += 1
    raise AssertionError("the save never ended")


def each_of_cell(folder: Path, step: int) -> dict[str, object]:
    """The same bits after a kill at each file operation of a cell's run."""
    straight = folder / "straight"
    assert forked(lambda: studied(straight, [*CELL, "2"], folder / "said")) == 0
    expected, plan = bits(straight), read_plan(straight / "plan.json")
    digits, (cell,) = load_dataset("digits"), plan.cells
    for at in range(0, MOST, step):
        path = folder / f"cell-{at}"
        path.mkdir()
        shutil.copy(straight / "plan.json", path)

        def work(at=at, path=path, hooked=True):
            augury.study.running.run.measure_robustness = no_robustness
            if hooked:
                Hooks([path], at, end_process).install()
            torch.set_num_threads(plan.threads)
            run_cell(cell, plan, StudyFolder(path), digits, Listener())
            return 0

        code = forked(work)
        assert code in (0, 137), code
        assert forked(lambda work=work: work(hooked=False)) == 0
        StudyFolder(path).set_aside_damaged(plan.cells, lambda line: sys.exit(line))
        assert bits(path) == expected, at
        assert leftovers(path) == [], at
        shutil.rmtree(path)
        if code == 0:
            return {"kills": at // step, "bit_equal_afterwards": at // step}
    raise AssertionError("the cell never ended")


def each_refusal(folder: Path, step: int, in_cache: bool, errors: list[str]) -> dict[str, object]:
    """Exit code 5, one line, and the same bits afterwards, wherever the disk begins to refuse."""
    arms = [*CELL, "1"]
    straight, said = folder / "straight", folder / "said"
    assert forked(lambda: studied(straight, arms, said)) == 0, said.read_text()
    expected, found = bits(straight), {}
    for name in errors:
        number = REFUSALS[name]
        for at in range(0, MOST, step):
            path, cache = folder / f"{name}-{at}", folder / f"cache-{name}-{at}"

            def work(at=at, path=path, cache=cache, number=number):
                if in_cache:
                    os.environ["AUGURY_CACHE"] = str(cache)
                root = cache if in_cache else path
                Hooks([root], at, refusal(number), lasting=True).install()
                return studied(path, arms, said)

            code, lines = forked(work), said.read_text().splitlines()
            if code:
                told = [line for line in lines if line.startswith("augury: ")]
                assert (code, len(told)) == (5, 1), (name, at, code, lines)
                assert not any("Traceback" in line for line in lines), (name, at, lines)
                again = forked(lambda path=path: studied(path, arms, said))
                assert again == 0, (name, at, said.read_text())
            assert bits(path) == expected, (name, at)
            assert leftovers(path) == [], (name, at, leftovers(path))
            shutil.rmtree(path)
            if code == 0:
                found[name] = at // step
                break
        else:
            raise AssertionError("the study never ended")
    return {"refusals": sum(found.values()), **found, "bit_equal_afterwards": sum(found.values())}


def random_moments(folder: Path, times: int) -> dict[str, object]:
    """The same bits after SIGKILL at random moments of a study, planning and report with it."""
    arms, said = ["--augment", "none,salience", "--seeds", "1", "--epochs", "3"], folder / "said"
    started = time.monotonic()
    assert forked(lambda: studied(folder / "straight", arms, said)) == 0, said.read_text()
    whole, expected = time.monotonic() - started, bits(folder / "straight")
    generator, found, tried = random.Random(0), Counter[str](), 0
    # Some have ended before their moment: how fast they are depends on what else the machine does.
    while found["killed"] < times:
        tried += 1
        assert tried <= 3 * times, "nearly all studies ended before their moment"
        path = folder / f"moment-{tried}"
        code = forked(lambda path=path: studied(path, arms, said), generator.uniform(0, whole))
        found["killed"] += code == -signal.SIGKILL
        found["before_the_plan"] += not (path / "plan.json").exists()
        found["with_a_checkpoint"] += any(path.glob("runs/*/checkpoint/epoch-*"))
        found["with_a_result"] += any(path.glob("runs/*/result.json"))
        assert forked(lambda path=path: studied(path, arms, said)) == 0, said.read_text()
        assert bits(path) == expected, tried
        assert leftovers(path) == [], (tried, leftovers(path))
        shutil.rmtree(path)
    return {"studies": tried, **found, "bit_equal_afterwards": tried}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=["save", "cell", "study", "cache", "moments"])
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--errors", nargs="+", choices=REFUSALS, default=list(REFUSALS))
    parser.add_argument("--times", type=int, default=1)
    given = parser.parse_args()
    # Newer Pythons warn of forks of a process with threads; this one's threads sleep.
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    folder, step = given.folder, given.step
    os.environ["AUGURY_CACHE"] = str(folder / "cache")
    if given.what in ("study", "cache"):
        print(json.dumps(each_refusal(folder, step, given.what == "cache", given.errors)))
    elif given.what == "moments":
        print(json.dumps(random_moments(folder, given.times)))
    else:
        print(json.dumps({"save": each_save, "cell": each_of_cell}[given.what](folder, step)))


if __name__ == "__main__":
    main()
