"""The parsers of a study's files and of caches: what sound inputs they get, and odd ones made."""

import json
import shutil
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from fuzz import Draw, Parser
from fuzz_data import read_file
from fuzz_settings import odd_json, odd_place, odd_value, sealed

import augury.data.cache
import augury.data.leakage.between_parts
from augury.data import Dataset, Split
from augury.data.cache import cached
from augury.models import ModelSpec, build_model
from augury.report import load_study
from augury.study import StudyFolder, read_plan
from augury.study.judging.finished_runs import read_finished_run
from augury.study.judging.memo import Memo
from augury.training import map_store
from augury.training.checkpoint import Checkpoint, read_safetensors, write_safetensors
from augury.training.network import Network, Normalize, Speed
from augury.training.probe import remembered_speeds
from augury.training.teacher import load_network, save_network
from helpers.report_studies import edit_unsealed, write_study
from helpers.studies import make_study

CPU = torch.device("cpu")
# Why they fail today.


def study_parsers(folder: Path) -> list[Parser]:
    """Those of what a study leaves. folder: for the files that they read."""
    read = partial(partial, read_file)
    return [
        Parser("plan.json", lambda: made(folder, "plan.json"),
               read(folder / "plan.json", read_plan), odd_json),
        *(
            Parser(f"{name} of a run", lambda name=name: made(folder, f"runs/*/{name}"),
                   lambda content, name=name: outcome(folder, name, content),
                   odd_json if ".json" in name else None)
            for name in ("result.json", "epochs.jsonl", "predictions.npz")
        ),
        *(
            Parser(f"{name} in a report", lambda name=name: told(folder, name),
                   lambda content, name=name: report(folder, name, content), odd_json)
            for name in ("plan.json", "verdicts.json", "evidence.json", "runs/*/result.json",
                         "runs/*/epochs.jsonl", "runs/*/error.json")
        ),
        Parser("checkpoint", lambda: checkpoint(folder),
               read(folder / "epoch.safetensors", read_safetensors), odd_metadata),
        Parser("teacher file", lambda: teacher_file(folder),
               read(folder / "model.safetensors", lambda path: load_network(path, CPU)),
               odd_metadata),
    ]  # fmt: skip


def cache_parsers(folder: Path) -> list[Parser]:
    """What is damaged is made anew, so that these refuse nothing."""
    read = partial(partial, read_file)
    return [
        *(
            Parser(f"decoded {name}", lambda name=name: [(entry(folder) / name).read_bytes()],
                   lambda content, name=name: decoded(folder, name, content),
                   odd_json if ".json" in name else None)
            for name in ("meta.json", "images.npy", "labels.npy")
        ),
        Parser("duplicates", lambda: [sealed({"version": 1, "train": [], "validation": []})],
               read(folder / "duplicates.json", augury.data.leakage.between_parts._read), odd_json),
        Parser("saliency maps", lambda: [maps(folder).read_bytes()],
               read(folder / "maps.npy", lambda path: map_store._read(
                   path, "f" * 64, (4, 8, 8), np.dtype("|u1")))),
        Parser("speeds.json", lambda: [sealed({"a" * 64: {"contiguous float32": 1.5}})],
               read(folder / "speeds.json", lambda path: remembered_speeds(
                   path, {"a": 1}, lambda: {"contiguous float32": 1.5})), odd_json),
        Parser("judged.json", lambda: [sealed({"schema": 1, "values": {"a" * 64: {"p": 0.5}}})],
               read(folder / "judged.json", lambda path: Memo(path).recall([({}, lambda: 1)])),
               odd_json),
    ]  # fmt: skip


def odd_metadata(content: bytes, draw: Draw) -> bytes:
    """A safetensors file with an odd header, whose length is right."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    if draw.random() < 0.5 and "state" in header["__metadata__"]:
        state = odd_place(json.loads(header["__metadata__"]["state"]), draw, odd_value)
        # As somebody else's weights, which have no checksum.
        header["__metadata__"] = {"state": json.dumps(state)}
    else:
        header = odd_place(header, draw, odd_value)
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content[8 + length :]


@cache
def made_study(folder: Path) -> StudyFolder:
    return make_study(folder / "made", {"none": [150], "normal": [160]})[1]


def made(folder: Path, pattern: str) -> list[bytes]:
    """The files of a study as the engine reads it; the first of several is the one to be read."""
    return [path.read_bytes() for path in sorted(made_study(folder).path.glob(pattern))[:1]]


def outcome(folder: Path, name: str, content: bytes) -> object:
    study = made_study(folder)
    path = sorted(study.path.glob(f"runs/*/{name}"))[0]
    cell = next(c for c in read_plan(study.plan_file).cells if c.name == path.parent.name)
    with in_place_of(path, content):
        return read_finished_run(study, cell)


@cache
def told_study(folder: Path) -> Path:
    failed = [("digits", "small", "normal", 1)]
    study = write_study(folder / "told", arms=("none", "normal"), seeds=2, epochs=2, failed=failed)
    # As earlier versions wrote them, so that damage reaches what reads the values.
    for file in (*study.glob("*.json"), *study.glob("runs/*/error.json")):
        edit_unsealed(file, lambda content: None)
    for file in study.glob("runs/*/result.json"):
        edit_unsealed(file, lambda result: result.update(schema=1))
    return study


def told(folder: Path, pattern: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted(told_study(folder).glob(pattern))[:1]]


def report(folder: Path, pattern: str, content: bytes) -> object:
    with in_place_of(sorted(told_study(folder).glob(pattern))[0], content):
        return load_study(told_study(folder))


class in_place_of:
    """A file holds other content for a while."""

    def __init__(self, path: Path, content: bytes) -> None:
        self.path, self.content, self.before = path, content, path.read_bytes()

    def __enter__(self) -> None:
        # A new file, as the old one may be mapped into memory.
        self._put(self.content)

    def __exit__(self, *_: object) -> None:
        self._put(self.before)

    def _put(self, content: bytes) -> None:
        fresh = self.path.with_name(".fuzzed")
        fresh.write_bytes(content)
        fresh.replace(self.path)


def checkpoint(folder: Path) -> list[bytes]:
    path = folder / "sound.safetensors"
    tensors = {"w": torch.arange(12.0).reshape(3, 4), "n": torch.tensor(3)}
    write_safetensors(path, Checkpoint(tensors, {"epoch": 1, "run": "a"}))
    return [path.read_bytes()]


@cache
def teacher_file(folder: Path) -> list[bytes]:
    spec = ModelSpec("small", 3, 1, image_size=8)
    network = Network(build_model(spec, 0), Normalize((0.5,), (0.25,)), Speed(), CPU)
    save_network(folder / "teacher.safetensors", network, spec)
    return [(folder / "teacher.safetensors").read_bytes()]


@cache
def entry(folder: Path) -> Path:
    """The cache entry of a small data set."""
    part = Split(
        np.arange(768, dtype=np.uint8).reshape(12, 1, 8, 8), np.arange(12) % 3, np.arange(12)
    )
    dataset = Dataset("fuzzed", ("a", "b", "c"), part, None, part, "", "", ("said",), ())
    cached("fuzzed", {"folder": str(folder)}, {}, lambda _: dataset)
    root = augury.data.cache.cache_folder() / "decoded"
    shutil.copytree(next(root.glob("fuzzed-*-*")), folder / "entry")
    return folder / "entry"


def decoded(folder: Path, name: str, content: bytes) -> object:
    with in_place_of(entry(folder) / name, content):
        return augury.data.cache.read_entry(entry(folder))


def maps(folder: Path) -> Path:
    path, values = folder / "sound-maps.npy", np.zeros((4, 8, 8), np.uint8)
    map_store._write(path, "f" * 64, values.shape, values.dtype, iter([values]))
    return path
