"""Trackers of experiments: one run a cell, grouped by arm, and no study stops because of them.

The fakes have the signatures of the real libraries, which `test_the_fakes_have_the_real_signatures`
compares where those are installed; there the adapters also run with them.
"""

import inspect
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from augury import InputError, Study
from augury.loggers import TRACKERS, Watching, open_trackers
from augury.records.epochs import Epoch, read_epochs, write_epochs
from augury.records.plan import plan_of
from augury.study.engines.events import CellDone, CellFailed, EpochDone, Note, Step, TryAgain
from augury.study.planning.settings import LOGGERS
from augury.study.store import StudyFolder
from helpers.studies import QUICK_STUDY, make_study


class Calls(list):
    """What was called, with its arguments by name."""

    def note(self, name, values):
        self.append(
            (
                name,
                {k: v for k, v in values.items() if k not in ("self", "calls") and v is not None},
            )
        )

    def of(self, name):
        return [values for called, values in self if called == name]


@pytest.fixture
def tensorboard(monkeypatch):
    calls = Calls()

    class SummaryWriter:
        def __init__(
            self,
            log_dir=None,
            comment="",
            purge_step=None,
            max_queue=10,
            flush_secs=120,
            filename_suffix="",
        ):
            self.place = log_dir
            calls.note("open", locals())

        def add_scalar(
            self,
            tag,
            scalar_value,
            global_step=None,
            walltime=None,
            new_style=False,
            double_precision=False,
        ):
            calls.note("scalar", {**locals(), "place": self.place})

        def add_text(self, tag, text_string, global_step=None, walltime=None):
            calls.note("text", {**locals(), "place": self.place})

        def close(self):
            calls.note("close", {"place": self.place})

    module = SimpleNamespace(SummaryWriter=SummaryWriter)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    return calls


@pytest.fixture
def mlflow(monkeypatch):
    calls = Calls()

    class MlflowClient:
        def __init__(self, tracking_uri=None, registry_uri=None):
            calls.note("open", locals())

        def get_experiment_by_name(self, name):
            return None

        def create_experiment(self, name, artifact_location=None, tags=None):
            calls.note("experiment", locals())
            return "7"

        def create_run(self, experiment_id, start_time=None, tags=None, run_name=None):
            calls.note("run", locals())
            return SimpleNamespace(info=SimpleNamespace(run_id=f"id of {run_name}"))

        def log_param(self, run_id, key, value, synchronous=None):
            calls.note("param", locals())

        def log_metric(self, run_id, key, value, timestamp=None, step=None):
            calls.note("metric", locals())

        def set_tag(self, run_id, key, value, synchronous=None):
            calls.note("tag", locals())

        def set_terminated(self, run_id, status=None, end_time=None):
            calls.note("end", locals())

    monkeypatch.setitem(sys.modules, "mlflow", SimpleNamespace(MlflowClient=MlflowClient))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return calls


@pytest.fixture
def wandb(monkeypatch):
    calls = Calls()

    class Run:
        def __init__(self, name):
            self.name, self.summary = name, SimpleNamespace(update=self.sum_up)

        def sum_up(self, values):
            calls.note("summary", {"name": self.name, **values})

        def log(self, data, step=None, commit=None):
            calls.note("log", {**locals(), "name": self.name})

        def finish(self, exit_code=None):
            calls.note("finish", {**locals(), "name": self.name})

    def init(
        entity=None,
        project=None,
        dir=None,
        id=None,
        name=None,
        config=None,
        group=None,
        reinit=None,
        resume=None,
        settings=None,
    ):
        calls.note("init", locals())
        return Run(name)

    module = SimpleNamespace(init=init, Settings=lambda silent: f"silent={silent}")
    monkeypatch.setitem(sys.modules, "wandb", module)
    return calls


def test_the_names_are_those_of_the_settings():
    assert tuple(TRACKERS) == LOGGERS


def test_a_study_tells_all_that_it_is_to_tell(tmp_path, tensorboard, mlflow, wandb):
    named = {"precision": "float32", "layout": "contiguous"}  # so that no step is timed
    study = Study(path=tmp_path / "s", name="my study", log=list(LOGGERS), **named, **QUICK_STUDY)
    study.run(engine="in-process", quiet=True)
    folder = StudyFolder(study.path)
    cells = {cell.augmentation: cell for cell in plan_of(study.path).cells}
    assert set(cells) == {"none", "flip"}
    for arm, cell in cells.items():
        (epoch,) = read_epochs(folder.run(cell).epochs)
        result = json.loads(folder.run(cell).result.read_text())
        values = {
            "train/loss": epoch.loss,
            "train/accuracy": epoch.accuracy,
            "validation/loss": epoch.validation_loss,
            "validation/accuracy": epoch.validation_accuracy,
            "learning_rate": epoch.learning_rate,
            "epoch_seconds": epoch.seconds,
        }
        last = {"test/accuracy": result["test"]["accuracy"], "run_seconds": result["seconds"]}
        place = str(study.path / "logs" / "tensorboard" / arm / cell.name)
        told = [c for c in tensorboard.of("scalar") if c["place"] == place]
        assert {c["tag"]: c["scalar_value"] for c in told} == values | last
        assert {c["global_step"] for c in told} == {0}

        run = f"id of {cell.name}"
        told = [c for c in mlflow.of("metric") if c["run_id"] == run]
        assert {c["key"]: c["value"] for c in told} == values | last
        (made,) = (c for c in mlflow.of("run") if c["run_name"] == cell.name)
        assert made["tags"]["mlflow.parentRunId"] == f"id of {arm}"
        told = {c["key"]: c.get("value") for c in mlflow.of("param") if c["run_id"] == run}
        assert (told["augmentation"], told["seed"], told["recipe.batch_size"]) == (arm, 0, 20)
        assert [c["status"] for c in mlflow.of("end") if c["run_id"] == run] == ["FINISHED"]

        (made,) = (c for c in wandb.of("init") if c["name"] == cell.name)
        assert (made["project"], made["group"], made["resume"]) == ("my-study", arm, "allow")
        assert made["config"]["recipe.epochs"] == 1
        (told,) = (c for c in wandb.of("log") if c["name"] == cell.name)
        assert (told["data"], told["step"]) == (values, 0)
        assert {"name": cell.name, **last} in wandb.of("summary")
        assert {"name": cell.name, "exit_code": 0} in wandb.of("finish")
    assert len(tensorboard.of("close")) == len(wandb.of("init")) == 2
    assert [c["name"] for c in mlflow.of("experiment")] == ["my study"]
    database = study.path / "logs" / "mlflow" / "mlflow.db"
    assert mlflow.of("open")[0]["tracking_uri"] == f"sqlite:///{database}"
    assert [c["run_name"] for c in mlflow.of("run") if "mlflow.parentRunId" not in c["tags"]] == [
        *cells
    ]
    assert len({c["id"] for c in wandb.of("init")}) == 2


def epoch(number, loss=1.0):
    return Epoch(number, loss, 0.5, None, None, 0.1, 1.0, 0.01, 0.001)


@pytest.fixture
def planned(tmp_path):
    """The plan and folder of a study of two arms, with one seed."""
    return make_study(tmp_path / "planned", {"none": [100], "flip": [110]})


def watching(planned, names=("tensorboard",)):
    plan, folder = planned
    said: list[str] = []
    trackers = open_trackers(names, plan.name, folder.path)
    return Watching(plan, folder, trackers, said.append), said


def test_a_cell_that_goes_on_tells_its_earlier_epochs_first(planned, tensorboard):
    plan, folder = planned
    cell = plan.cells[0]
    write_epochs(folder.run(cell).epochs, [epoch(0, 3.0), epoch(1, 2.0), epoch(2, 1.0)])
    told, _ = watching(planned)
    told(EpochDone(cell.name, epoch(2, 1.0)))
    told(Note(cell.name, "a line"))
    told(Step(cell.name, 2, 0, 5))
    losses = [c for c in tensorboard.of("scalar") if c["tag"] == "train/loss"]
    assert [(c["global_step"], c["scalar_value"]) for c in losses] == [(0, 3.0), (1, 2.0), (2, 1.0)]
    assert tensorboard.of("open")[0]["purge_step"] == 0


def test_cells_at_once_have_runs_of_their_own_and_failures_are_told(planned, mlflow, wandb):
    first, second = planned[0].cells
    told, said = watching(planned, ("mlflow", "wandb"))
    told(EpochDone(first.name, epoch(0)))
    told(EpochDone(second.name, epoch(0)))
    told(TryAgain(first.name, "no memory"))
    told(CellDone(second.name, 0.5, None))
    told(CellFailed(first.name, "the loss is nan"))
    assert not said
    ends = [(c["run_id"], c["status"]) for c in mlflow.of("end") if "digits" in c["run_id"]]
    assert ends == [
        (f"id of {first.name}", "FAILED"),
        (f"id of {second.name}", "FINISHED"),
        (f"id of {first.name}", "FAILED"),
    ]
    assert [c["value"] for c in mlflow.of("tag")] == ["no memory", "the loss is nan"]
    assert [c["exit_code"] for c in wandb.of("finish")] == [1, 0, 1]
    # What is tried again goes on in the same run.
    ids = {(c["name"], c["id"]) for c in wandb.of("init")}
    assert len(ids) == 2


def test_a_tracker_that_fails_is_told_no_more_and_stops_nothing(planned, tensorboard, wandb):
    def refuse(*given, **arguments):
        raise ConnectionError("no route\nto host")

    sys.modules["wandb"].init = refuse
    told, said = watching(planned, ("wandb", "tensorboard"))
    for cell in planned[0].cells:
        told(EpochDone(cell.name, epoch(0)))
        told(CellDone(cell.name, 0.5, 1.0))
    assert said == ["--log wandb fails and is told no more: ConnectionError: no route to host"]
    assert len(tensorboard.of("close")) == 2


@pytest.mark.parametrize("name", LOGGERS)
def test_a_missing_library_is_told_before_anything_starts(name, tmp_path, monkeypatch):
    module = "torch.utils.tensorboard" if name == "tensorboard" else name
    monkeypatch.setitem(sys.modules, module, None)
    study = Study(path=tmp_path / "s", log=name, **QUICK_STUDY)
    with pytest.raises(InputError) as told:
        study.run(engine="in-process", quiet=True)
    assert str(told.value) == (
        f"--log {name}: {module} is not installed: pip install 'augury[{name}]'"
    )
    assert not (tmp_path / "s").exists()


def test_an_unknown_tracker_is_told_with_the_nearest():
    with pytest.raises(InputError, match=r"tracker in log: 'tensorbord'\. Did you mean 'tens"):
        Study(log="tensorbord")


SIGNATURES = {
    "tensorboard": ("torch.utils.tensorboard", "SummaryWriter"),
    "mlflow": ("mlflow", "MlflowClient"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LOGGERS)
def test_the_fakes_have_the_real_signatures(name, request):
    module = pytest.importorskip(
        SIGNATURES.get(name, (name,))[0], reason=f"needs {name}, as its extra brings it"
    )
    request.getfixturevalue(name)
    fake = sys.modules[module.__name__]
    if name == "wandb":
        pairs = [(fake.init, module.init)]
    else:
        ours, real = (getattr(each, SIGNATURES[name][1]) for each in (fake, module))
        pairs = [(getattr(ours, n), getattr(real, n)) for n in vars(ours) if n[0] != "_"]
        pairs.append((ours.__init__, real.__init__))
    for ours, real in pairs:
        assert set(inspect.signature(ours).parameters) <= set(inspect.signature(real).parameters)


def told_two_epochs(planned, name):
    told, said = watching(planned, (name,))
    for cell in planned[0].cells:
        write_epochs(planned[1].run(cell).epochs, [])
        for number in range(2):
            told(EpochDone(cell.name, replace(epoch(number), loss=2.0 - number)))
        told(CellDone(cell.name, 0.5, 3.0))
    assert not said
    return planned[1].path / "logs" / name


@pytest.mark.filterwarnings("ignore")
def test_tensorboard_itself(planned):
    pytest.importorskip("tensorboard", reason="needs tensorboard, as its extra brings it")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = told_two_epochs(planned, "tensorboard")
    for cell in planned[0].cells:
        events = EventAccumulator(str(folder / cell.augmentation / cell.name)).Reload()
        assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(0, 2.0), (1, 1.0)]
        assert [e.value for e in events.Scalars("test/accuracy")] == [0.5]


@pytest.mark.filterwarnings("ignore")
def test_mlflow_itself(planned, monkeypatch):
    module = pytest.importorskip("mlflow", reason="needs mlflow, as its extra brings it")
    pytest.importorskip("sqlalchemy", reason="needs SQLAlchemy, as the extra mlflow brings it")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    folder = told_two_epochs(planned, "mlflow")
    client = module.MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    (experiment,) = (e for e in client.search_experiments() if e.name == planned[0].name)
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    for cell in planned[0].cells:
        run = runs[cell.name]
        assert run.data.tags["mlflow.parentRunId"] == runs[cell.augmentation].info.run_id
        losses = client.get_metric_history(run.info.run_id, "train/loss")
        assert [(m.step, m.value) for m in losses] == [(0, 2.0), (1, 1.0)]
        assert (run.data.metrics["test/accuracy"], run.info.status) == (0.5, "FINISHED")


@pytest.mark.filterwarnings("ignore")
def test_wandb_itself_without_a_network(planned, monkeypatch):
    pytest.importorskip("wandb", reason="needs wandb, as its extra brings it")
    monkeypatch.setenv("WANDB_MODE", "offline")
    folder: Path = told_two_epochs(planned, "wandb")
    assert len(list(folder.glob("wandb/offline-run-*/run-*.wandb"))) == 2
