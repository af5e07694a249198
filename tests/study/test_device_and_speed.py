"""The settings `device`, `precision` and `layout`, from the study file to plan and result."""

import json
from dataclasses import replace
from io import StringIO

import pytest
import torch
from rich.console import Console

from augury.data import load_dataset
from augury.errors import InputError, RecipeChanged
from augury.records.plan import PlannedSpeed, read_plan
from augury.records.provenance import Machine
from augury.records.result import RunSpeed
from augury.schema import read_as
from augury.study import open_study, read_settings
from augury.study.doctor import Diagnosis, Setup, examine
from augury.study.engines import InProcess, Local, Ray, Torchrun, Workload
from augury.study.engines import ray as ray_engine
from augury.study.engines.engine import Job
from augury.study.planning import device as devices
from augury.study.planning import probe as probing
from augury.study.planning.device import chosen_device, devices_here
from augury.study.planning.extend import extend_plan
from augury.study.planning.probe import measured_steps, named_speeds, probe
from augury.study.preview import preview_new
from augury.study.store import StudyFolder
from augury.terminal.diagnosis import diagnosis_view
from augury.training import Speed
from augury.training.device import augmenting_device, computes_in
from augury.training.network import ALL_SPEEDS
from augury.training.processes import Processes
from helpers.studies import quick_plan, quick_settings

LONG = 1000  # seeds of a study that is worth measuring for
NAMED = {"precision": "bfloat16", "layout": "channels_last"}
TIMES = {
    "contiguous float32": 4.0,
    "contiguous bfloat16": 3.0,
    "channels_last float32": 2.0,
    "channels_last bfloat16": 1.0,
}


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """Stands in for measuring; the arguments of each call: (images, ways)."""
    calls = []

    def measure(build, shape, classes, recipe, device, ways, seconds, most):
        calls.append((shape[0], ways))
        return {str(way): TIMES[str(way)] for way in ways}

    monkeypatch.setattr(probing, "measure_speeds", measure)
    monkeypatch.setattr(probing, "cache_folder", lambda: tmp_path / "cache")
    return calls


def gpus(monkeypatch, count, mps=False):
    monkeypatch.setattr("torch.cuda.is_available", lambda: count > 0)
    monkeypatch.setattr("torch.cuda.device_count", lambda: count)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: mps)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"device": "gpu"}, "device: must be auto, cpu, cuda, cuda:N or mps, got 'gpu'"),
        ({"device": "cuda:-1"}, "device: must be auto, cpu, cuda, cuda:N or mps, got 'cuda:-1'"),
        ({"device": 1}, "device must be str, got 1"),
        ({"precision": "float16"}, "precision must be 'auto' or 'float32' or 'bfloat16', got"),
        ({"layout": "nhwc"}, "layout must be 'auto' or 'contiguous' or 'channels_last', got"),
    ],
)
def test_an_unknown_value_is_refused_with_the_choices(values, message):
    with pytest.raises(InputError, match=message):
        read_settings(None, None, values)


def test_plans_and_results_hold_no_auto():
    hints = {"layout": "contiguous", "precision": "float32", "threads": 1}
    assert read_as(RunSpeed, hints | {"device": "cuda:1"}, "it").device == "cuda:1"
    for name in ("device", "layout", "precision"):
        with pytest.raises(InputError, match=name):
            read_as(RunSpeed, hints | {"device": "cpu", name: "auto"}, "it")


def test_a_device_is_chosen_from_what_is_there(monkeypatch):
    gpus(monkeypatch, 0)
    assert [chosen_device(name) for name in ("auto", "cpu")] == ["cpu", "cpu"]
    with pytest.raises(InputError, match=r"^device: cuda is not on this machine, which has cpu$"):
        chosen_device("cuda")
    gpus(monkeypatch, 2, mps=True)
    assert devices_here() == ["cpu", "cuda", "cuda:0", "cuda:1", "mps"]
    assert [chosen_device(name) for name in ("auto", *devices_here())] == ["cuda", *devices_here()]
    message = "cuda:2 is not on this machine, which has cpu, cuda, cuda:0, cuda:1 or mps"
    with pytest.raises(InputError, match=message):
        chosen_device("cuda:2")
    gpus(monkeypatch, 0, mps=True)
    assert chosen_device("auto") == "cpu"


def test_a_device_that_is_not_there_stops_study_and_doctor_before_anything(tmp_path, digits):
    settings = quick_settings(device="cuda:7")
    path = tmp_path / "study"
    for call in (
        lambda: open_study(settings, path),
        lambda: examine(settings, path=path),
        lambda: preview_new(quick_settings(device="cuda:7", augmentations=["flip"]), None, None),
    ):
        with pytest.raises(InputError, match="device: cuda:7 is not on this machine, which has"):
            call()
    assert not (path / "plan.json").exists()


def test_what_is_named_is_not_chosen(measured, digits):
    digits = load_dataset("digits")

    def found(**named):
        return probe(quick_settings(seeds=LONG, **named), "small", digits, 1, "cpu")

    assert found() == PlannedSpeed("channels_last", "bfloat16", TIMES)
    assert measured == [(20, ALL_SPEEDS)]
    contiguous = {way: time for way, time in TIMES.items() if way.startswith("contiguous")}
    assert found(layout="contiguous") == PlannedSpeed(
        "contiguous", "bfloat16", contiguous, ("layout",)
    )
    assert found(precision="float32").layout == "channels_last"
    assert measured.pop() == (20, (Speed(), Speed("channels_last")))
    count = len(measured)
    # Nothing is measured where both are named: two images are tried, or none in the plain way.
    assert found(**NAMED) == PlannedSpeed("channels_last", "bfloat16", {}, ("layout", "precision"))
    assert measured[count:] == [(2, (Speed("channels_last", "bfloat16"),))]
    assert found(layout="contiguous", precision="float32").milliseconds == {}
    assert len(measured) == count + 1
    # Each question has an answer of its own in the cache.
    assert found() == PlannedSpeed("channels_last", "bfloat16", TIMES)
    assert len(measured) == count + 1


def test_a_study_shorter_than_measuring_takes_the_default(measured, digits, monkeypatch):
    """Two steps in each of four ways are at most 5 % of 160; each of two processes trains half."""
    digits = load_dataset("digits")
    monkeypatch.setattr("os.sched_getaffinity", lambda process: set(range(2)), raising=False)
    steps = measured_steps(quick_settings(seeds=100), 1, 2, "cpu")
    assert steps == int(0.05 * 100 * len(quick_settings().augmentations))
    assert measured_steps(quick_settings(seeds=100), 1, 1, "cpu") == steps // 2
    assert measured_steps(quick_settings(seeds=100), 1, 1, "cuda") == steps
    found = probe(quick_settings(seeds=1), "small", digits, 1, "cpu")
    assert found == PlannedSpeed("contiguous", "float32", {}, (), short=True)
    assert measured == []
    # Of the ways with what is named; the doctor measures a step in it.
    found = probe(quick_settings(seeds=1, precision="bfloat16"), "small", digits, 1, "cpu", True)
    times = {"contiguous bfloat16": TIMES["contiguous bfloat16"]}
    assert found == PlannedSpeed("contiguous", "bfloat16", times, ("precision",), short=True)


def test_a_way_in_which_the_model_cannot_be_trained_is_refused(monkeypatch, digits):
    def views(*_):
        return torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), Viewed(), torch.nn.Linear(72, 10))

    class Viewed(torch.nn.Module):
        def forward(self, maps):
            return maps.view(len(maps), -1)

    monkeypatch.setattr(probing, "build_model", views)
    message = "^small on digits: cannot be trained with channels_last float32: view size is not"
    with pytest.raises(InputError, match=message):
        probe(
            quick_settings(layout="channels_last", precision="float32"),
            *("small", load_dataset("digits"), 1, "cpu"),
        )


def test_plan_and_result_hold_what_was_named(tmp_path, digits):
    settings = quick_settings(augmentations=["none"], corruptions=0, device="cpu", **NAMED)
    path = tmp_path / "study"
    plan = open_study(settings, path, engine=InProcess())
    stored = read_plan(path / "plan.json")
    assert stored == plan
    assert stored.speed["small on digits"] == PlannedSpeed(
        "channels_last", "bfloat16", {}, ("layout", "precision")
    )
    assert {k: stored.settings[k] for k in ("device", *NAMED)} == {"device": "cpu", **NAMED}
    InProcess().run(plan.cells, Job(StudyFolder(path), plan))
    result = json.loads((path / "runs" / plan.cells[0].name / "result.json").read_text())
    took = {"device": "cpu", "threads": plan.threads, **NAMED}
    assert result["speed"] == result["speed"] | took
    # The doctor measures what the study has not, and says what was named.
    found = examine(settings, path=path).machine
    assert found.device_from == "named"
    assert found.speed["small on digits"].named == ("layout", "precision")
    assert found.speed["small on digits"].milliseconds["channels_last bfloat16"] > 0
    # What was begun goes on without being named again.
    again = open_study(replace(settings, device="auto", precision="auto", layout="auto"), path)
    assert again.speed == plan.speed


def test_cells_have_the_same_names_whatever_is_named(digits):
    plain, named = quick_settings(), quick_settings(device="cpu", **NAMED)
    assert [c.name for c in quick_plan(plain).cells] == [c.name for c in quick_plan(named).cells]


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"device": "cuda:1"}, "device: cpu → cuda:1"),
        ({"precision": "bfloat16"}, "precision of small on digits: float32 → bfloat16"),
        ({"layout": "channels_last"}, "layout of small on digits: contiguous → channels_last"),
    ],
)
def test_a_study_that_has_begun_refuses_another(named, message, digits):
    old = quick_plan(quick_settings())
    with pytest.raises(RecipeChanged, match=message):
        extend_plan(old, quick_plan(quick_settings(**named)))
    same = {"device": "cpu", "precision": "float32", "layout": "contiguous"}
    assert extend_plan(old, quick_plan(quick_settings(**same))).speed == old.speed


def test_the_ways_that_settings_leave():
    assert named_speeds(quick_settings()) == ((), ALL_SPEEDS)
    assert named_speeds(quick_settings(**NAMED)) == (
        ("layout", "precision"),
        (Speed("channels_last", "bfloat16"),),
    )


def test_a_preview_computes_as_it_is_told(digits):
    _, plan, _ = preview_new(quick_settings(augmentations=["flip"], **NAMED), None, None)
    assert plan.speed["small on digits"].named == ("layout", "precision")
    assert plan.speed["small on digits"].precision == "bfloat16"
    _, plan, _ = preview_new(quick_settings(augmentations=["flip"]), None, None)
    assert plan.speed["small on digits"] == PlannedSpeed("contiguous", "float32", {})


def test_engines_and_devices_by_number(monkeypatch):
    networks = frozenset({("small", 32)})
    second = Workload("cuda:1", 10, networks)
    assert (
        Local().cells_at_once(second) == Local().cells_at_once(replace(second, device="mps")) == 1
    )
    assert Local(3).cells_at_once(second) == 3
    monkeypatch.setattr(ray_engine, "require_ray", lambda address: None)
    with pytest.raises(InputError, match="Ray gives each cell its GPU, so that cuda:1 means none"):
        Ray().cells_at_once(second)
    two = Torchrun(Processes(0, 2))
    gpus(monkeypatch, 2)
    assert two.cells_at_once(Workload("cuda", 10, networks)) == 2
    for device in ("cpu", "cuda:1"):
        with pytest.raises(InputError, match=f"under torchrun it must be cuda, got {device}"):
            two.cells_at_once(replace(second, device=device))
    gpus(monkeypatch, 0)
    assert two.cells_at_once(Workload("cpu", 10, networks)) == 2


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (
            PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0}),
            "fastest with contiguous float32, 9.00 ms a step",
        ),
        (
            PlannedSpeed("channels_last", "bfloat16", TIMES),
            "fastest with channels_last bfloat16, 1.00 ms a step (contiguous float32 4.00 ms, "
            "contiguous bfloat16 3.00 ms, channels_last float32 2.00 ms)",
        ),
        (
            PlannedSpeed(
                *("contiguous", "float32", dict(list(TIMES.items())[::2]), ("precision",))
            ),
            "fastest with contiguous float32, 4.00 ms a step, of those with the precision that the "
            "study names (channels_last float32 2.00 ms)",
        ),
        (
            PlannedSpeed("contiguous", "bfloat16", TIMES, ("layout", "precision")),
            "contiguous bfloat16, both named by the study, 3.00 ms a step",
        ),
        (
            PlannedSpeed("contiguous", "float32", {"contiguous float32": 9.0}, (), short=True),
            "contiguous float32, as the study is too short to try others, 9.00 ms a step",
        ),
        (
            PlannedSpeed("contiguous", "float32", {}),
            "contiguous float32, the default, as nothing was measured",
        ),
    ],
)
def test_the_doctor_says_why(speed, words):
    facts = Machine("Linux", "a processor", 2, None, None)
    setup = Setup(facts, "cuda:1", 1, 1, {"small on digits": speed}, "named")
    found = Diagnosis("mine", (), setup, None, ())
    console = Console(width=400, record=True, file=StringIO())
    console.print(diagnosis_view(found))
    printed = console.export_text()
    assert f"small on digits: {words}\n" in "\n".join(map(str.rstrip, printed.splitlines())) + "\n"
    assert "device cuda:1: named by the study" in printed


def test_what_a_device_can(monkeypatch):
    cpu, mps = torch.device("cpu"), torch.device("mps")
    assert computes_in("bfloat16", cpu)
    assert computes_in("float32", mps)
    assert augmenting_device(mps) == cpu  # float64 is not there
    assert augmenting_device(cpu) == cpu
    assert devices.check_there("cpu") is None
