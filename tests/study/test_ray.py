"""The Ray engine's bookkeeping, held against a stand-in for Ray that does as it is told."""

import json
import sys
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from augury.cli.app import app
from augury.errors import DiskError, InputError
from augury.records.plan import write_plan
from augury.study import StudyFolder
from augury.study.engines import Job, Ray, ray_run
from augury.study.engines import ray as engine_module
from augury.study.engines.events import (
    Busy,
    CellDone,
    CellFailed,
    DiskFailed,
    EpochDone,
    Note,
    TryAgain,
)
from augury.study.engines.ray import gpu_share
from augury.study.engines.ray_cluster import Demand
from augury.study.engines.supply import Supply
from helpers.studies import quick_plan, quick_settings

errors = pytest.importorskip("ray.exceptions", reason="Ray is not installed")


class StandIn:
    """Every task ends in the order of submission; `ends` says how: events, or what is raised."""

    exceptions = errors

    def __init__(self, ends, nodes=((2, 0.0),)):
        self.ends, self.node_list = ends, nodes
        self.submitted, self.most_at_once, self.cancelled = [], 0, []

    def nodes(self):
        return [
            {"Alive": True, "Resources": {"CPU": float(cpus), "GPU": gpus}}
            for cpus, gpus in self.node_list
        ]

    def put(self, value):
        return value

    def remote(self, **options):
        def submit(cell, *rest):
            self.submitted.append((cell.seed, options["num_cpus"], options["num_gpus"]))
            return Task(cell, self.attempts(cell.seed))

        return lambda function: SimpleNamespace(remote=submit)

    def attempts(self, seed):
        return sum(entry[0] == seed for entry in self.submitted)

    def wait(self, tasks, num_returns, timeout):
        self.most_at_once = max(self.most_at_once, len(tasks))
        return tasks[:1], tasks[1:]

    def get(self, task):
        ending = self.ends(task.cell, task.attempt)
        if isinstance(ending, BaseException):
            raise ending
        return [ending]

    def cancel(self, task, force):
        self.cancelled.append((task.cell.seed, force))


class Task:
    """What is known of a task by its reference."""

    def __init__(self, cell, attempt):
        self.cell, self.attempt = cell, attempt


@pytest.fixture
def study(tmp_path, cache_folder):
    """A planned study of five seeds of one arm, and what a finished cell's task returns."""
    plan = quick_plan(quick_settings(augmentations=["none"], seeds=5))
    folder = StudyFolder(tmp_path / "study")
    write_plan(folder.plan_file, plan)

    def done(cell):
        run = folder.run(cell)
        run.path.mkdir(parents=True, exist_ok=True)
        run.result.write_text("{}")
        return CellDone(cell.name, 0.5, 1.0)

    return plan, folder, done


@pytest.fixture
def run(study, monkeypatch):
    """Runs the study on a stand-in; returns the events as (type, seed, event)."""
    plan, folder, _ = study

    def run(ray, plan=plan, engine=None, cells=None):
        @contextmanager
        def connected(address, threads):
            yield ray

        monkeypatch.setattr(engine_module, "connected", connected)
        seeds = {cell.name: cell.seed for cell in plan.cells}
        told = []
        job = Job(
            folder,
            plan,
            on_event=lambda event: told.append((type(event), seeds[event.cell], event)),
        )
        (engine or Ray()).run(plan.cells if cells is None else cells, job)
        return told

    return run


def test_each_cell_is_run_once_and_told(study, run):
    _, _, done = study
    ray = StandIn(lambda cell, attempt: done(cell))
    assert [event for *_, event in run(ray)] == [
        CellDone(cell.name, 0.5, 1.0) for cell in study[0].cells
    ]
    assert ray.submitted == [(seed, 1, 0.0) for seed in range(5)]
    # Two CPUs take two cells, and as many wait at the nodes.
    assert ray.most_at_once == 4
    assert ray.cancelled == []


class Choosing(Supply):
    """As a race's: what is given out later may be chosen better."""

    chooses = True


def test_no_cell_of_a_race_waits_at_a_node(study, run):
    plan, _, done = study
    ray = StandIn(lambda cell, attempt: done(cell))
    told = run(ray, cells=Choosing(plan.cells))
    assert [kind for kind, *_ in told] == [CellDone] * 5
    # Two CPUs take two cells; a third one is chosen when one of them has ended.
    assert ray.most_at_once == 2


def test_a_lost_process_is_tried_again_last_and_alone(study, run):
    _, folder, done = study
    ray = StandIn(
        lambda cell, attempt: (
            errors.WorkerCrashedError() if (cell.seed, attempt) == (1, 1) else done(cell)
        ),
        nodes=((2, 0.0), (8, 0.0)),
    )
    told = run(ray)
    assert [(kind, seed) for kind, seed, _ in told] == [
        (CellDone, 0),
        (TryAgain, 1),
        (CellDone, 2),
        (CellDone, 3),
        (CellDone, 4),
        (CellDone, 1),
    ]
    # All of the larger node's CPUs, so that nothing else runs beside it.
    assert ray.submitted[-1] == (1, 8, 0.0)
    assert not list(folder.path.glob("runs/*/error.json"))


@pytest.mark.parametrize("error", [errors.WorkerCrashedError(), errors.OutOfMemoryError("full")])
def test_a_process_that_is_lost_twice_fails_its_cell(study, run, error):
    plan, folder, done = study
    told = run(StandIn(lambda cell, attempt: error if cell.seed == 1 else done(cell)))
    assert [(kind, seed) for kind, seed, _ in told][-1] == (CellFailed, 1)
    recorded = json.loads(folder.run(plan.cells[1]).error.read_text())
    assert recorded["error"].startswith(type(error).__name__)
    assert recorded["error"].endswith("also when it was tried again alone")
    assert recorded["error"].count("\n") == 0


def test_a_cell_that_wants_memory_is_tried_again_last_and_alone(study, run):
    _, _, done = study
    again = {1: 1, 2: 2}  # how often each seed's cell finds too little

    def ends(cell, attempt):
        short = attempt <= again.get(cell.seed, 0)
        return TryAgain(cell.name, "MemoryError: full") if short else done(cell)

    told = run(StandIn(ends, nodes=((2, 0.0), (8, 0.0))))
    assert [(kind, seed) for kind, seed, _ in told if seed in again] == [
        (TryAgain, 1),
        (TryAgain, 2),
        (CellDone, 1),
        (CellFailed, 2),
    ]
    assert told[-1][2].message == "MemoryError: full, also when it was tried again alone"


def test_a_lost_node_is_not_the_cells_fault(study, run):
    _, _, done = study
    died = errors.NodeDiedError("gone")
    ray = StandIn(lambda cell, n: died if cell.seed == 0 and n <= 5 else done(cell))
    told = run(ray)
    assert sorted(seed for kind, seed, _ in told if kind is CellDone) == [0, 1, 2, 3, 4]
    assert [kind for kind, seed, _ in told if seed == 0] == [Note] * 5 + [CellDone]
    # It may be, after all.
    told = run(StandIn(lambda cell, n: died if cell.seed == 0 else done(cell)))
    assert [kind for kind, seed, _ in told if seed == 0] == [Note] * 5 + [TryAgain, CellFailed]


def test_what_a_task_raises_fails_its_cell_alone(study, run):
    _, _, done = study
    raised = errors.RayTaskError("run_task", "a traceback", ValueError("two\nlines"))
    told = run(StandIn(lambda cell, attempt: raised if cell.seed == 3 else done(cell)))
    assert [event.message for _, seed, event in told if seed == 3] == ["ValueError: two lines"]
    assert [kind for kind, seed, _ in told if seed == 3] == [CellFailed]
    assert sum(kind is CellDone for kind, *_ in told) == 4


def test_a_cell_that_another_process_is_at_is_asked_for_again(study, run):
    _, _, done = study
    ray = StandIn(lambda cell, n: Busy(cell.name) if cell.seed + n == 1 else done(cell))
    told = run(ray)
    assert told[0][:2] == (Busy, 0)
    assert sorted(seed for kind, seed, _ in told if kind is CellDone) == [0, 1, 2, 3, 4]


def test_epochs_are_told_once_and_only_new_ones(study, run):
    plan, folder, done = study
    epochs = folder.run(plan.cells[0]).epochs
    epochs.parent.mkdir(parents=True)
    names = ("loss", "accuracy", "validation_loss", "validation_accuracy", "learning_rate")
    rest = dict.fromkeys((*names, "seconds", "step_seconds", "augment_seconds"), 0.5)
    lines = [json.dumps({"epoch": epoch, **rest}) + "\n" for epoch in range(3)]
    epochs.write_text(lines[0])  # of an earlier attempt

    def ends(cell, attempt):
        if cell.seed == 0:
            epochs.write_text("".join(lines))
        return done(cell)

    told = run(StandIn(ends))
    *epochs, done_last = [event for _, seed, event in told if seed == 0]
    assert [(type(event), event.epoch.epoch) for event in epochs] == [
        (EpochDone, 1),
        (EpochDone, 2),
    ]
    assert done_last == CellDone(plan.cells[0].name, 0.5, 1.0)


def test_a_folder_that_is_not_shared_is_found_out(run, monkeypatch):
    monkeypatch.setattr(ray_run, "_SECONDS_UNTIL_SEEN", 0.0)
    elsewhere = StandIn(lambda cell, attempt: CellDone(cell.name, 0.5, 1.0))
    with pytest.raises(DiskError, match="must lie on a file system that all nodes share"):
        run(elsewhere)
    # What was still at work is not left behind.
    assert elsewhere.cancelled == [(seed, True) for seed in (1, 2, 3)]
    full = StandIn(lambda cell, attempt: DiskFailed(cell.name, "no room"))
    with pytest.raises(DiskError, match="no room"):
        run(full)


def test_ctrl_c_cancels_what_is_at_work(study, run):
    _, _, done = study
    ray = StandIn(lambda cell, n: KeyboardInterrupt() if cell.seed == 1 else done(cell))
    with pytest.raises(KeyboardInterrupt):
        run(ray)
    assert ray.cancelled == [(2, True), (3, True), (4, True)]


def test_gpus_are_shared_by_small_networks(study, run):
    plan, _, done = study
    on_gpu = replace(plan, device="cuda", threads=3)
    ray = StandIn(lambda cell, attempt: done(cell), nodes=((16, 1.0),))
    run(ray, on_gpu)
    assert ray.submitted == [(seed, 3, 0.25) for seed in range(5)]
    ray = StandIn(lambda cell, attempt: done(cell), nodes=((16, 1.0),))
    run(ray, on_gpu, Ray(gpus_per_cell=0.5))
    assert ray.submitted == [(seed, 3, 0.5) for seed in range(5)]
    with pytest.raises(InputError, match=r"a cell needs 3 CPUs and 0\.25 GPU"):
        run(StandIn(None, nodes=((2, 1.0), (16, 0.0))), on_gpu)


def test_shares_and_how_many_fit():
    assert [gpu_share(name, 32) for name in ("small", "resnet18", "resnet50")] == [0.25, 0.25, 1.0]
    assert [gpu_share("resnet18", size) for size in (64, 65)] == [0.25, 1.0]
    assert gpu_share("convnext_tiny", 32) == 1.0  # any of timm's
    assert Demand(2, 0.25).fits(Demand(16, 2.0)) == 8  # by GPUs as by CPUs
    assert Demand(2, 0.25).fits(Demand(6, 2.0)) == 3
    assert Demand(2, 0.0).fits(Demand(7, 0.0)) == 3
    assert Demand(2, 1.0).fits(Demand(16, 0.0)) == 0


def test_without_ray_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    out = ["--out", str(tmp_path / "study")]
    result = CliRunner().invoke(app, ["study", "--engine", "ray", *out])
    assert result.exit_code == 2
    assert result.stderr == "augury: --engine ray needs Ray: pip install 'augury[ray]'\n"
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["--engine", "rai"],
            "unknown engine 'rai'. Did you mean 'ray'? Choices: local, ray, torchrun, in-process",
        ),
        (["--address", "auto"], "--address and --gpus-per-cell go with --engine ray"),
        (["--gpus-per-cell", "0.5"], "--address and --gpus-per-cell go with --engine ray"),
        (["--workers", "2", "--engine", "in-process"], "--workers goes with --engine local or ray"),
        (
            ["--engine", "torchrun"],
            "--engine torchrun: the command must be started by torchrun, for instance "
            "torchrun --standalone --nproc-per-node 4 -m augury study",
        ),
    ],
)
def test_engines_are_asked_for_by_name(arguments, line, tmp_path):
    result = CliRunner().invoke(app, ["study", *arguments, "--out", str(tmp_path / "study")])
    assert result.exit_code == 2
    assert result.stderr == f"augury: {line}\n"
