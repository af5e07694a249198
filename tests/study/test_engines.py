"""What every engine owes a study, and what one needs to be one."""

import json
import os
from dataclasses import dataclass, replace
from functools import partial

import pytest
import torch
from filelock import FileLock

from augury.errors import DiskError, InputError, TrainingError
from augury.records.failure import read_failure
from augury.records.plan import write_plan
from augury.study import StudyFolder, open_study, run_study
from augury.study.engines import ENGINES, InProcess, Job, Local, Ray, Torchrun, Workload
from augury.study.engines.attempt import attempt, listener_for
from augury.study.engines.events import (
    Busy,
    CellDone,
    CellFailed,
    EpochDone,
    Step,
    TryAgain,
)
from augury.study.engines.once_more import OnceMore
from augury.study.running.prepare import load_planned
from augury.study.running.run import run_cell
from augury.training.processes import Processes
from helpers.studies import epochs_without_times, quick_plan, quick_settings

RUN_CELL = "augury.study.engines.attempt.run_cell"


@dataclass(frozen=True)
class LastFirst:
    """An engine of one's own: the cells in this process, the last one first."""

    def cells_at_once(self, work):
        return 2

    def run(self, cells, job):
        for cell in reversed(cells):
            listener = listener_for(cell, job.on_event)
            load = partial(load_planned, job.plan, data_dir=job.data_dir)
            job.on_event(attempt(cell, job.plan, job.folder, load, listener))


@pytest.fixture(autouse=True)
def this_process():
    """Unlike the plan's, so that a change is seen; and what cells change is undone."""
    before = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(False)
    yield
    torch.set_num_threads(before[0])
    torch.use_deterministic_algorithms(before[1], warn_only=True)


@pytest.fixture
def study(tmp_path, cache_folder):
    """A planned study of three cells in a folder: (plan, folder)."""
    plan = quick_plan(quick_settings(augmentations=["none"], seeds=3, corruptions=0))
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    write_plan(folder.plan_file, plan)
    return plan, folder


def events_of(engine, study):
    """Runs all cells of the study; returns what was told."""
    plan, folder = study
    told = []
    engine.run(plan.cells, Job(folder, plan, on_event=told.append))
    return told


def endings(told):
    return [(type(event), event.cell) for event in told if not isinstance(event, Step | EpochDone)]


def test_an_engine_of_ones_own_runs_a_study(tmp_path, cache_folder, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(6)), raising=False)
    settings = quick_settings(augmentations=["none"], seeds=2, corruptions=0)
    engine, told = LastFirst(), []
    plan = open_study(settings, tmp_path / "study", engine=engine)
    assert plan.threads == 3  # six cores, two cells at once
    plan = replace(plan, threads=1)
    counts = run_study(plan, tmp_path / "study", engine=engine, on_event=told.append)
    assert (counts.cells, counts.done, counts.failed) == (2, 2, 0)
    done = [event.cell for event in told if isinstance(event, CellDone)]
    assert done == [cell.name for cell in reversed(plan.cells)]
    verdicts = json.loads((tmp_path / "study" / "verdicts.json").read_text())
    assert verdicts["comparisons"] == []


# Ray and torchrun need more than this process: test_ray.py, faults/test_ray_cluster.py and
# faults/test_torchrun.py hold them to the same.
HERE = sorted(ENGINES.keys() - {"ray", "torchrun"})


@pytest.mark.parametrize("name", HERE)
def test_every_engine_comes_to_the_same_bits(name, study, tmp_path):
    plan, folder = study
    told = events_of(ENGINES[name](), study)
    reference = StudyFolder(tmp_path / "reference")
    reference.path.mkdir()
    write_plan(reference.plan_file, plan)
    LastFirst().run(plan.cells, Job(reference, plan))
    for cell in plan.cells:
        ours, theirs = folder.run(cell).read_result(), reference.run(cell).read_result()
        assert ours.test == theirs.test
        assert ours.files["predictions.npz"] == theirs.files["predictions.npz"]
        assert epochs_without_times(folder, cell) == epochs_without_times(reference, cell)
        epochs = [e.epoch.epoch for e in told if isinstance(e, EpochDone) and e.cell == cell.name]
        assert epochs == [0, 1]
    assert set(endings(told)) == {(CellDone, cell.name) for cell in plan.cells}
    assert len(endings(told)) == 3


@pytest.mark.parametrize("name", HERE)
def test_every_engine_records_a_failure_and_goes_on(name, study):
    plan, folder = study
    wrong = replace(plan.cells[0], augmentation="flip", parameters={"flip": {"p": 7.0}})
    plan = replace(plan, cells=(wrong, *plan.cells[1:]))
    write_plan(folder.plan_file, plan)
    told = events_of(ENGINES[name](), (plan, folder))
    failed = [event for event in told if isinstance(event, CellFailed)]
    assert [event.cell for event in failed] == [wrong.name]
    assert read_failure(folder.run(wrong).error).error == failed[0].message
    assert "p" in failed[0].message
    assert [folder.run(cell).done for cell in plan.cells] == [False, True, True]


@pytest.mark.parametrize("name", HERE)
def test_every_engine_ends_where_the_study_is_gone(name, study):
    plan, folder = study

    def on_event(event):
        if isinstance(event, CellDone):
            folder.plan_file.unlink(missing_ok=True)

    with pytest.raises(DiskError, match="removed or moved while the study ran"):
        ENGINES[name]().run(plan.cells, Job(folder, plan, on_event=on_event))
    assert not all(folder.run(cell).done for cell in plan.cells)


def test_in_process_tells_each_step(study):
    plan, _ = study
    told = events_of(InProcess(), study)
    for cell in plan.cells:
        steps = [event for event in told if isinstance(event, Step) and event.cell == cell.name]
        assert [(s.epoch, s.step, s.steps) for s in steps] == [
            (epoch, step, 3) for epoch in range(2) for step in range(3)
        ]


def test_in_process_records_what_fails_and_goes_on(study, monkeypatch):
    plan, folder = study
    errors = iter([TrainingError("the loss is nan", 1, 4), RuntimeError("odd\nshapes"), None])

    def failing(*arguments):
        error = next(errors)
        if error:
            raise error
        return run_cell(*arguments)

    monkeypatch.setattr(RUN_CELL, failing)
    for cell in plan.cells:
        folder.run(cell).path.mkdir(parents=True)
    told = events_of(InProcess(), study)
    first, second, third = plan.cells
    assert endings(told) == [
        (CellFailed, first.name),
        (CellFailed, second.name),
        (CellDone, third.name),
    ]
    failures = [read_failure(folder.run(cell).error) for cell in (first, second)]
    assert failures[0].error == "the loss is nan"
    assert (failures[0].epoch, failures[0].step) == (1, 4)
    assert failures[1].error == "RuntimeError: odd shapes"
    assert "in failing" in (folder.run(second).path / "traceback.txt").read_text()
    assert not folder.run(third).failed


def test_in_process_tries_a_cell_that_wants_memory_once_more_at_the_end(study, monkeypatch):
    plan, folder = study
    first, second, third = plan.cells
    tried = []

    def failing(cell, *arguments):
        tried.append(cell.name)
        raise MemoryError("full")

    monkeypatch.setattr(RUN_CELL, failing)
    for cell in plan.cells:
        folder.run(cell).path.mkdir(parents=True)
    told = events_of(InProcess(), study)
    names = [first.name, second.name, third.name]
    assert tried == [*names, *names]
    assert [type(event) for event in told] == 3 * [TryAgain] + 3 * [CellFailed]
    assert told[-1].message == "MemoryError: full, also when it was tried again alone"
    assert read_failure(folder.run(third).error).error == told[-1].message


def test_in_process_ends_where_nothing_can_be_written(study, monkeypatch):
    tried = []

    def failing(cell, *arguments):
        tried.append(cell)
        raise DiskError("no room")

    monkeypatch.setattr(RUN_CELL, failing)
    with pytest.raises(DiskError, match="no room"):
        events_of(InProcess(), study)
    assert tried == [study[0].cells[0]]


def test_in_process_comes_back_to_a_cell_that_another_process_is_at(study, monkeypatch):
    plan, folder = study
    monkeypatch.setattr("augury.study.engines.attempt._SECONDS_UNTIL_ASKED_AGAIN", 0.0)
    first = plan.cells[0]
    lock = FileLock(folder.lock_file(first))
    folder.lock_file(first).parent.mkdir()
    lock.acquire()
    told = []

    def on_event(event):
        told.append(event)
        if isinstance(event, CellDone) and len(endings(told)) == 3:
            lock.release()

    InProcess().run(plan.cells, Job(folder, plan, on_event=on_event))
    kinds = endings(told)
    assert kinds[0] == (Busy, first.name)
    assert kinds[-1] == (CellDone, first.name)
    assert {name for kind, name in kinds if kind is CellDone} == {c.name for c in plan.cells}


def test_in_process_leaves_the_process_as_it_was(study, monkeypatch):
    plan, folder = study
    monkeypatch.delenv("CUBLAS_WORKSPACE_CONFIG", raising=False)
    seen = []

    def failing(*arguments):
        torch.use_deterministic_algorithms(True, warn_only=True)
        seen.append((torch.get_num_threads(), os.environ["CUBLAS_WORKSPACE_CONFIG"]))
        raise InputError("no")

    monkeypatch.setattr(RUN_CELL, failing)
    for cell in plan.cells:
        folder.run(cell).path.mkdir(parents=True)
    assert not torch.are_deterministic_algorithms_enabled()
    events_of(InProcess(), (replace(plan, threads=2), folder))
    assert seen == 3 * [(2, ":4096:8")]
    assert torch.get_num_threads() == 1
    assert not torch.are_deterministic_algorithms_enabled()

    assert "CUBLAS_WORKSPACE_CONFIG" not in os.environ


def test_a_lost_cell_is_tried_once_more_and_then_fails(study):
    plan, folder = study
    one, other, _ = plan.cells
    for cell in plan.cells:
        folder.run(cell).path.mkdir(parents=True)
    rule = OnceMore(folder)
    assert rule.cells == []
    assert rule.lost(one, "killed") == TryAgain(one.name, "killed")
    assert rule.lost(other, "full") == TryAgain(other.name, "full")
    assert rule.cells == [one, other]
    assert not folder.run(one).failed
    message = "killed again, also when it was tried again alone"
    assert rule.lost(one, "killed again") == CellFailed(one.name, message)
    assert read_failure(folder.run(one).error).error == message
    assert not folder.run(other).failed
    assert rule.cells == [one, other]


def test_how_many_cells_each_engine_runs_at_once(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    many = Workload("cpu", 100, frozenset({("small", 32)}))
    on_gpu = replace(many, device="cuda")
    assert Local().cells_at_once(many) == 8
    assert Local().cells_at_once(replace(many, cells=3)) == 3
    assert Local().cells_at_once(replace(many, threads=3)) == 2
    assert Local().cells_at_once(replace(many, threads=16)) == 1
    assert Local().cells_at_once(on_gpu) == 1
    assert Local(5).cells_at_once(on_gpu) == 5
    monkeypatch.setattr("augury.study.engines.engine.gpu_memory", lambda _: 80 * 2**30)
    assert Local().cells_at_once(on_gpu) == 4
    assert Local().cells_at_once(replace(on_gpu, cells=2)) == 2
    large = frozenset({("small", 32), ("resnet50", 224)})
    assert Local().cells_at_once(replace(on_gpu, networks=large)) == 1
    monkeypatch.setattr("augury.study.engines.engine.gpu_memory", lambda _: 12 * 2**30)
    assert Local().cells_at_once(on_gpu) == 3
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(4)), raising=False)
    assert Local().cells_at_once(on_gpu) == 2
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert InProcess().cells_at_once(many) == 1
    assert Torchrun(Processes(0, 4)).cells_at_once(many) == 4


def test_more_threads_than_cores_are_told(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(4)), raising=False)
    plan = quick_plan(quick_settings(), threads=3)
    assert Local(2).crowded(plan) == (
        "slow: 2 runs at once, with the 3 threads each that this study began with, for 4 cores; "
        "--workers 1 is faster"
    )
    assert Local(2).crowded(replace(plan, threads=2)) is None
    assert Local(1).crowded(replace(plan, threads=8)) is None
    assert Local().crowded(plan) is None
    assert Local(2).crowded(replace(plan, device="cuda")) is None


def test_ray_plans_for_the_gpus_of_this_machine(monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed")
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    on_gpu = Workload("cuda", 100, frozenset({("small", 32), ("resnet50", 32)}))
    assert Ray().cells_at_once(on_gpu) == 8  # by the smallest share, a quarter
    assert Ray(gpus_per_cell=0.5).cells_at_once(on_gpu) == 4
    assert Ray(workers=3).cells_at_once(on_gpu) == 3
    assert Ray().cells_at_once(replace(on_gpu, device="cpu")) == 8


def test_the_table_names_every_engine():
    assert {
        "local": Local,
        "ray": Ray,
        "torchrun": Torchrun,
        "in-process": InProcess,
    } == ENGINES


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: Local(0), "workers: must be at least 1, got 0"),
        (lambda: Ray(gpus_per_cell=2.0), "gpus_per_cell: must be at most 1, got 2.0"),
        (lambda: Ray(gpus_per_cell=float("nan")), "gpus_per_cell: must be a number, got nan"),
        (lambda: Torchrun(Processes()), "--engine torchrun: the command must be started by"),
    ],
)
def test_an_engine_that_cannot_be_is_one_clear_line(make, line):
    with pytest.raises(InputError) as caught:
        make()
    assert str(caught.value).startswith(line)
