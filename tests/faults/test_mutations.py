"""Damaged, foreign and hostile files: found, named, replaced, and nothing of them executed.

A file may also be read as what it was: then its content must be equal to the bit.
"""

import json
import random
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from faulty import ARMS, run
from mutate import FIXED, PLANTED, RANDOM, hostile

import augury.data.cache
import augury.data.leakage.between_parts
from augury.data import Dataset, Split
from augury.data.cache import cached
from augury.data.leakage.between_parts import dataset_duplicates
from augury.errors import AuguryError
from augury.report import load_study
from augury.seal import sealed_json
from augury.study import StudyFolder, read_plan
from augury.study.judging.finished_runs import read_finished_run
from augury.study.judging.memo import Memo
from augury.training.checkpoint import Checkpoint, CheckpointFolder, write_safetensors
from augury.training.map_store import stored_maps
from augury.training.probe import remembered_speeds
from augury.training.teacher import load_network

CPU = torch.device("cpu")


@dataclass
class Target:
    """A file, and what reads it.

    read: its content as something that can be compared, or InputError; foreign: a whole file of
    the same kind that does not belong there; future: one of a later version.
    """

    name: str
    path: Path
    read: Any
    foreign: bytes | None = None
    future: bytes | None = None


class Refused(Exception):
    pass


@pytest.fixture
def study(straight):
    return straight[0]


def later(path: Path, key: str = "schema") -> bytes:
    values = json.loads(path.read_text())
    return sealed_json(values | {key: 99})


def of_study(folder: Path):
    """The files of a study."""
    study = StudyFolder(folder)
    cells = read_plan(study.plan_file).cells
    run, other = (study.run(cell) for cell in cells[:2])

    def through_outcome(file):
        def read():
            outcome = read_finished_run(study, cells[0])
            if outcome.problem:
                raise AuguryError(outcome.problem)
            return file.read_bytes()

        return read

    def examples():
        if damage := run.damage():
            raise AuguryError(damage)
        return run.examples.read_bytes()

    def weights():
        state = load_network(run.weights, CPU).model.state_dict()
        return {name: value.numpy().tobytes() for name, value in state.items()}

    yield Target(
        "result.json", run.result, run.read_result, other.result.read_bytes(), later(run.result)
    )
    for file in (run.predictions, run.epochs):
        yield Target(file.name, file, through_outcome(file), getattr(other, file.stem).read_bytes())
    yield Target("corruptions.json", run.corruptions, through_outcome(run.corruptions))
    yield Target("examples.npz", run.examples, examples, other.examples.read_bytes())
    yield Target("model.safetensors", run.weights, weights)
    plan = study.plan_file
    yield Target("plan.json", plan, lambda: read_plan(plan), b'{"schema": 2}', later(plan))
    for name in ("verdicts.json", "evidence.json"):
        yield Target(name, folder / name, lambda: without_schema(load_study(folder)), b"{}")


def without_schema(study):
    return repr((study.comparisons, study.rule, study.evidence))


def of_checkpoints(folder: Path):
    """A damaged checkpoint is named, and the one before it loaded."""
    checkpoints = CheckpointFolder(folder, "run")

    def saved(epoch, run="run"):
        generator = torch.Generator().manual_seed(epoch)
        tensors = {"w": torch.rand((10, 30), generator=generator), "n": torch.tensor(epoch)}
        return Checkpoint(tensors, {"epoch": epoch, "run": run})

    folder.mkdir()
    write_safetensors(folder / "epoch-0001.safetensors", saved(1))
    write_safetensors(folder / "other", saved(2, "another run"))
    newest = folder / "epoch-0002.safetensors"
    write_safetensors(newest, saved(2))

    def read():
        told = []
        found = checkpoints.load(told.append)
        epoch = found.state["epoch"]
        expected = saved(epoch)
        assert all(torch.equal(found.tensors[k], v) for k, v in expected.tensors.items())
        assert len(told) == 2 - epoch
        if told:
            raise AuguryError(told[0])
        return epoch

    yield Target("epoch-0002.safetensors", newest, read, (folder / "other").read_bytes())


def of_caches(folder: Path, monkeypatch, caplog):
    """What is damaged is made anew, and a line says so."""
    monkeypatch.setenv("AUGURY_CACHE", str(folder))
    part = Split(
        np.random.default_rng(0).integers(0, 256, (12, 1, 8, 8), dtype=np.uint8),
        np.arange(12) % 3,
        np.arange(12),
    )
    dataset = Dataset("made", ("a", "b", "c"), part, None, part, "f" * 64, "", (), ())
    made = []

    def remade(read):
        def reading():
            caplog.clear()
            made.clear()
            found = read()
            again = read()
            assert repr(found) == repr(again)
            if made:
                # Made anew once, and then read.
                assert len(made) == 1
                raise AuguryError(caplog.text)
            return repr(found)

        return reading

    def decoded():
        found = cached("made", {"a": 1}, {"b": 2}, lambda _: made.append(1) or dataset)
        parts = [a.tobytes() for a in (found.train.images, found.train.labels, found.test.ids)]
        return found.fingerprint, parts, found.train.images.dtype, found.train.labels.dtype

    def maps():
        def saliency(batch):
            made.append(1)
            return batch.images.float()[:, 0] / 255

        return stored_maps("gradient", False, saliency, {}, dataset, CPU).values.numpy().tobytes()

    def speeds():
        measured = {"contiguous float32": 1.25, "channels_last float32": 2.5}
        file = folder / "speeds.json"
        return remembered_speeds(file, {"a": 1}, lambda: made.append(1) or measured)

    def recalled():
        memo = Memo(folder / "judged.json")
        found = memo.recall([({"a": 1}, lambda: made.append(1) or {"p": 0.25})])
        memo.write()
        return found

    def searched(*arguments):
        made.append(1)
        return found_before(*arguments)

    found_before = augury.data.leakage.between_parts.find_duplicates
    monkeypatch.setattr(augury.data.leakage.between_parts, "find_duplicates", searched)
    readers = (decoded, maps, speeds, recalled, lambda: dataset_duplicates(dataset))
    for read in readers:
        read()
    (entry,) = (p for p in (folder / "decoded").iterdir() if p.is_dir())
    for file in sorted(entry.iterdir()):
        yield Target(f"decoded {file.name}", file, remade(decoded))
    (file,) = (folder / "maps").glob("*.npy")
    yield Target("saliency maps", file, remade(maps))
    file = folder / "speeds.json"
    yield Target("speeds.json", file, remade(speeds), b'{"other": {}}')
    file = folder / "judged.json"
    yield Target("judged.json", file, remade(recalled), b'{"other": {}}', later(file))
    (file,) = (folder / "duplicates").iterdir()
    yield Target("duplicates", file, remade(readers[4]), b'{"version": 1}', later(file, "version"))


def mutations(target: Target, content: bytes, times: int):
    """(kind, content) of `times` damages of a target."""
    generator = random.Random(target.name)
    yield "hostile pickle", hostile(target.path.name)
    if target.foreign is not None:
        yield "wrong file", target.foreign
    if target.future is not None:
        yield "later version", target.future
    for change in FIXED:
        yield change.__name__, change(content, generator)
    for i in range(times):
        change = RANDOM[i % len(RANDOM)]
        yield change.__name__, change(content, generator)


def outcome_of(target: Target, expected: Any) -> str:
    """How a damaged target was read: "detected", or "harmless" where nothing was lost."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy's, of headers that look old
            found = target.read()
    except AuguryError as error:
        line = str(error)
        assert target.path.name in line or target.path.parent.name in line, line
        return "detected"
    assert found == expected, target.name
    return "harmless"


def damage_all(targets, times):
    """How each kind of damage of each target was read."""
    tally: dict[str, dict[str, int]] = {}
    PLANTED.unlink(missing_ok=True)
    for target in targets:
        content, expected = target.path.read_bytes(), target.read()
        row = tally.setdefault(target.name, {"detected": 0, "harmless": 0})
        for kind, damaged in mutations(target, content, times):
            if damaged == content:
                continue
            # A new file each time: the old one may be mapped into memory.
            fresh = target.path.with_name(".damaged")
            fresh.write_bytes(damaged)
            fresh.replace(target.path)
            reached = outcome_of(target, expected)
            assert not PLANTED.exists(), (target.name, kind)
            assert reached == "detected" or kind in ("bit_flips", "one_flip", "longer"), (
                target.name,
                kind,
            )
            row[reached] += 1
            fresh.write_bytes(content)
            fresh.replace(target.path)
        assert target.read() == expected
    return tally


def mutate_all(times, study, tmp_path, monkeypatch, caplog):
    own = tmp_path / "study"
    shutil.copytree(study, own)
    tally = damage_all(of_study(own), times) | damage_all(of_checkpoints(tmp_path / "c"), times)
    tally |= damage_all(of_caches(tmp_path / "cache", monkeypatch, caplog), times)
    whole = sum(sum(row.values()) for row in tally.values())
    detected = sum(row["detected"] for row in tally.values())
    return {
        "mutations": whole,
        "files": len(tally),
        "detected": detected,
        "harmless": whole - detected,
        "executed": 0,
        "by_file": tally,
    }


def test_damaged_files_are_found(study, tmp_path, monkeypatch, caplog, counts):
    found = mutate_all(10, study, tmp_path, monkeypatch, caplog)
    counts("mutations of files (short)", **{k: v for k, v in found.items() if k != "by_file"})


@pytest.mark.faults
def test_a_thousand_damaged_files_are_found(study, tmp_path, monkeypatch, caplog, counts):
    found = mutate_all(100, study, tmp_path, monkeypatch, caplog)
    counts("mutations of files", **found)
    assert found["mutations"] >= 1000


def test_a_study_with_damaged_results_is_run_anew(study, tmp_path):
    """A digit of a result, a byte of the predictions: the same command makes both again."""
    folder = tmp_path / "study"
    shutil.copytree(study, folder)
    results = sorted(folder.glob("runs/*/result.json"))
    text = results[0].read_text()
    results[0].write_text(text.replace('"chosen_epoch": 2', '"chosen_epoch": 1'))
    predictions = results[1].with_name("predictions.npz")
    changed = bytearray(predictions.read_bytes())
    changed[len(changed) // 2] ^= 1
    predictions.write_bytes(changed)
    done = run(folder, *ARMS)
    assert done.returncode == 0, done.stderr
    for file, reason in (
        (results[0], ": its content does not match its checksum; the cell is run anew"),
        (predictions, " is damaged; the cell is run anew"),
    ):
        told = [
            line for line in done.stderr.splitlines() if f"{file.parent.name}/{file.name}" in line
        ]
        assert len(told) == 1, done.stderr
        assert told[0].endswith(reason)
    with np.load(predictions) as ours, np.load(predictions_of(study, predictions)) as theirs:
        assert all((ours[name] == theirs[name]).all() for name in theirs)


def predictions_of(study: Path, file: Path) -> Path:
    return study / "runs" / file.parent.name / file.name
