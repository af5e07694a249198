"""A study on a real Ray cluster of two nodes, of which processes, nodes and drivers are killed."""

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest
from safetensors.torch import load_file

from augury.study import StudyFolder, read_plan
from helpers.command_line import KILLED_ARMS, command, results, run, wait_for

pytestmark = pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")

HERE = Path(__file__).parent
# As many at once as there are cores: so a cell has one thread, and fits a node of one CPU.
ARMS = [*KILLED_ARMS, "--workers", str(os.cpu_count())]


def ledger(folder):
    """What each cell came to, to the bit: results, predictions, examples, epochs and weights."""
    study = StudyFolder(folder)
    assert not list(folder.glob("runs/*/error.json"))
    found = results(folder)
    for cell in read_plan(study.plan_file).cells:
        # Not by the file: the order of its header varies.
        tensors = load_file(study.run(cell).weights)
        weights = {name: tensor.numpy().tobytes() for name, tensor in tensors.items()}
        found[cell.name] = (*found[cell.name], weights)
    return found


@pytest.fixture(scope="module")
def straight(tmp_path_factory, cache_folder):
    """The ledger of a study that the local engine ran and nothing happened to."""
    folder = tmp_path_factory.mktemp("studies") / "local"
    done = run(folder, *ARMS)
    assert done.returncode == 0, done.stderr
    return ledger(folder)


class Cluster:
    """Two nodes of one CPU each, behind a token; a context manager."""

    def __init__(self, **variables):
        self.environment = os.environ | {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": uuid.uuid4().hex,
            "RAY_USAGE_STATS_ENABLED": "0",
            **variables,
        }

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, HERE / "ray_cluster.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self.environment,
        )
        told = json.loads(self.process.stdout.readline())
        self.address, self.raylets = told["address"], told["raylets"]
        return self

    def __exit__(self, *error):
        self.process.communicate(timeout=120)

    def arguments(self, *arguments):
        return [*arguments, "--engine", "ray", "--address", self.address]

    def study(self, folder, *arguments):
        """The study's process, in a group of its own."""
        return subprocess.Popen(
            command(folder, *self.arguments(*arguments)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
            start_new_session=True,
        )

    def at_work(self, nodes=(0, 1)):
        """The processes of these nodes that run a cell."""
        parents = {self.raylets[node] for node in nodes}
        return [
            pid for pid, parent, name in processes() if parent in parents and "run_task" in name
        ]


def processes():
    """(pid, parent's pid, command line) of all processes."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            yield int(folder.name), parent, (folder / "cmdline").read_text()
        except (OSError, UnicodeDecodeError):
            continue


@pytest.fixture(scope="module")
def cluster():
    with Cluster() as cluster:
        yield cluster


def epochs_done(folder):
    return sum(len(path.read_text().splitlines()) for path in folder.glob("runs/*/epochs.jsonl"))


def test_a_killed_process_costs_no_cell_and_no_bit(straight, cluster, tmp_path, counts):
    folder = tmp_path / "study"
    study = cluster.study(folder, *ARMS, "--json")
    # Some cell has an epoch behind it and is in the next one.
    wait_for(
        lambda: (epochs_done(folder) and cluster.at_work()) or study.poll() is not None, seconds=300
    )
    assert study.poll() is None, study.communicate()
    os.kill(cluster.at_work()[0], signal.SIGKILL)
    printed, said = study.communicate(timeout=300)
    assert study.returncode == 0, said
    assert said.count("it is tried again alone when the others are through") == 1
    # Ray's own words about it are not in the way.
    assert json.loads(printed)["cells"] == {"cells": 4, "done": 4, "failed": 0}
    assert ledger(folder) == straight
    counts("Ray, two nodes: SIGKILL of a cell's process", killed=1, cells=4, bit_equal=4)


@pytest.mark.faults
def test_a_killed_node_costs_no_cell_and_no_bit(straight, tmp_path, counts):
    folder = tmp_path / "study"
    with Cluster() as cluster:
        study = cluster.study(folder, *ARMS)
        wait_for(lambda: epochs_done(folder) and cluster.at_work([1]), seconds=300)
        os.kill(cluster.raylets[1], signal.SIGKILL)
        _, said = study.communicate(timeout=300)
        assert study.returncode == 0, said
    assert "its node was lost; it goes on elsewhere" in said
    assert ledger(folder) == straight
    counts("Ray, two nodes: SIGKILL of a node", killed=1, cells=4, bit_equal=4)


@pytest.mark.faults
def test_a_killed_driver_goes_on_when_started_again(straight, cluster, tmp_path, counts):
    folder = tmp_path / "study"
    study = cluster.study(folder, *ARMS)
    wait_for(lambda: epochs_done(folder), seconds=300)
    os.killpg(study.pid, signal.SIGKILL)
    study.communicate()
    assert list(folder.glob("runs/*/checkpoint/epoch-*.safetensors"))
    assert len(list(folder.glob("runs/*/result.json"))) < 4
    # Its tasks do not outlive it.
    wait_for(lambda: not cluster.at_work())
    again = cluster.study(folder, *ARMS)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert ledger(folder) == straight
    counts("Ray, two nodes: SIGKILL of the driver", killed=1, cells=4, bit_equal=4)


@pytest.mark.faults
def test_ctrl_c_ends_the_tasks_and_keeps_what_is_finished(
    straight, heeds_sigint, cluster, tmp_path, counts
):
    folder = tmp_path / "study"
    study = cluster.study(folder, *ARMS)
    wait_for(lambda: list(folder.glob("runs/*/result.json")), seconds=300)
    os.killpg(study.pid, signal.SIGINT)
    _, said = study.communicate(timeout=60)
    assert study.returncode == 130
    assert "augury: interrupted; what is finished is kept" in said
    assert "Traceback" not in said
    wait_for(lambda: not cluster.at_work())
    again = cluster.study(folder, *ARMS)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert ledger(folder) == straight
    counts("Ray, two nodes: Ctrl-C", interrupted=1, cells=4, bit_equal=4)


@pytest.mark.faults
def test_a_cell_that_kills_its_process_is_reported_and_the_others_go_on(tmp_path, counts):
    """As the system does to a process that has taken all memory."""
    code = "import os, signal, torch\n\ndef deadly(images):\n    if 'SPARED' not in os.environ:\n"
    code += "        os.kill(os.getpid(), signal.SIGKILL)\n    return images\n"
    (tmp_path / "deadly_module.py").write_text(code)
    folder = tmp_path / "study"
    arms = ["--augment", "none,deadly_module:deadly", "--seeds", "1", "--epochs", "1"]
    with Cluster(PYTHONPATH=f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}") as cluster:
        cluster.environment["SPARED"] = "1"  # the driver alone, which tries augmentations, too
        study = cluster.study(folder, *arms)
        _, said = study.communicate(timeout=300)
    assert study.returncode == 3, said
    assert said.count("it is tried again alone when the others are through") == 1
    (error,) = folder.glob("runs/*deadly*/error.json")
    assert "also when it was tried again alone" in json.loads(error.read_text())["error"]
    assert len(list(folder.glob("runs/*/result.json"))) == 1
    counts("Ray: a cell kills its process twice", cells=2, tried_again=1, reported=1, done=1)


@pytest.mark.faults
def test_without_an_address_a_cluster_of_this_machine_is_used(straight, tmp_path, counts):
    folder = tmp_path / "study"
    # Ray makes itself a token.
    environment = os.environ | {"HOME": str(tmp_path)}
    done = run(folder, *ARMS, "--engine", "ray", env=environment)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".ray" / "auth_token").exists()
    assert ledger(folder) == straight
    counts("Ray, started by augury, behind a token", cells=4, bit_equal=4)


def test_an_address_where_nothing_answers_is_one_line(tmp_path):
    done = run(tmp_path / "study", *ARMS, "--engine", "ray", "--address", "127.0.0.1:9")
    assert done.returncode == 2
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("augury:")]
    assert line.startswith("augury: --engine ray: no Ray at 127.0.0.1:9")
    assert "Traceback" not in done.stderr


@pytest.mark.faults
def test_the_loopback_example_of_the_documentation_runs_as_written(tmp_path):
    page = (HERE.parents[1] / "docs" / "how-to" / "cluster.md").read_text()
    (example,) = re.findall(r"<!-- tested -->\n```sh\n(.*?)```", page, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"HOME": str(tmp_path), "PATH": path}
    done = subprocess.run(
        ["bash", "-eu", "-c", example],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 done" in done.stdout
    assert len(list(tmp_path.glob("studies/*/runs/*/result.json"))) == 4
