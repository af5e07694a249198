"""The atlas: its files are checked, its differences are sums by hand, its runs go on and repeat."""

import base64
import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from benchmarks.atlas.__main__ import main
from benchmarks.atlas.bits import pack, unpack
from benchmarks.atlas.comparing import compare
from benchmarks.atlas.contributing import contribution_of
from benchmarks.atlas.contribution import (
    RESULTS,
    Contribution,
    read_contribution,
    read_contributions,
)
from benchmarks.atlas.contribution import write_contribution as write
from benchmarks.atlas.deadline import UntilDeadline
from benchmarks.atlas.pages import filled
from benchmarks.atlas.places import PLACES, arms, arms_at, kind_of, places_named
from benchmarks.atlas.running import Options, make_study, missing, run_places
from hypothesis import given
from hypothesis import strategies as st

from augury.errors import InputError
from augury.records.cell import Cell
from augury.seal import sealed_json
from augury.study.engines import InProcess, Job, Local
from augury.study.engines.events import CellDone
from augury.study.provenance import provenance
from helpers.contributions import made

PLACE = PLACES["digits-small"]
TINY = (("epochs", 1), ("train_limit", 40), ("test_limit", 50), ("batch_size", 20))


def options(out: Path, **changes: Any) -> Options:
    usual = {"arms": ("none", "flip"), "seeds": 2, "device": "cpu", "quiet": True, "changes": TINY}
    return Options(out=out, engine=InProcess(), **(usual | changes))


@given(st.lists(st.booleans(), min_size=1, max_size=100))
def test_bits_come_back(bits: list[bool]) -> None:
    assert unpack(pack(np.array(bits)), len(bits)).tolist() == bits


def test_bits_are_what_the_format_says() -> None:
    text = pack(np.array([True, False, False, False, False, False, True, False, True]))
    assert zlib.decompress(base64.b64decode(text)) == bytes([0b10000010, 0b10000000])


def test_every_augmentation_has_a_kind() -> None:
    kinds = {kind_of(arm) for arm in arms() if arm != "none"}
    usual = {"geometry", "color", "policies", "recipes", "erasing", "mixing", "saliency"}
    assert kinds == usual
    assert (kind_of("flip"), kind_of("deit3"), kind_of("cutmix")) == (
        "geometry",
        "recipes",
        "mixing",
    )
    assert len(arms()) > 45
    assert arms()[0] == "none"


def test_arms_that_would_change_nothing_are_not_run() -> None:
    gray = set(arms()) - set(arms_at(PLACES["fashion-mnist-full"]))
    color = {"saturation", "hue", "grayscale", "random-grayscale", "channel-shuffle"}
    assert gray == {"resize-crop", *color}
    assert set(arms()) - set(arms_at(PLACES["cifar10-small"])) == {"resize-crop"}
    assert arms_at(PLACES["clothing-full"]) == arms()


def test_photographs_need_a_folder(tmp_path: Path) -> None:
    assert all(not place.source.is_folder for place in places_named(None, None))
    assert len(places_named(None, tmp_path)) == len(PLACES)
    with pytest.raises(InputError, match="--folder"):
        places_named(["clothing-full"], None)
    with pytest.raises(InputError, match="Did you mean 'digits-small'"):
        places_named(["digit-small"], None)


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(values: Any) -> None:
        for name in path[:-1]:
            values = values[name]
        values[path[-1]] = to

    return change


def _drop_baseline(values: Any) -> None:
    values["runs"] = [run for run in values["runs"] if run["arm"] != "none"]


def _repeat(values: Any) -> None:
    values["runs"].append(values["runs"][0])


BITS = base64.b64encode(zlib.compress(bytes(11))).decode()
LAST_BIT = base64.b64encode(zlib.compress(bytes(10) + b"\x01")).decode()
HUGE = base64.b64encode(zlib.compress(bytes(10_000_000))).decode()
TAMPERED = {
    "schema": (_set("schema", to=2), "of schema 2"),
    "place": (_set("place", to="digits-big"), "unknown place"),
    "arm": (_set("runs", 3, "arm", to="flop"), r"runs\[3\]\.arm: .*'flop'"),
    "accuracy over 1": (_set("runs", 0, "accuracy", to=1.5), "at most 1"),
    "accuracy": (_set("runs", 0, "accuracy", to=0.0), r"runs\[0\]\.accuracy: must be 0\.\d+"),
    "images": (_set("runs", 2, "images", to=84), r"runs\[2\]\.images: must be 83"),
    "few images": (_set("runs", 2, "images", to=0), "images: must be at least 1"),
    "no bits": (_set("runs", 1, "correct", to="?"), r"runs\[1\]\.correct: must be bits"),
    "short bits": (_set("runs", 1, "correct", to=BITS[:8]), r"runs\[1\]\.correct"),
    "other bits": (_set("runs", 1, "correct", to=BITS), r"runs\[1\]\.accuracy: must be 0\.0000"),
    "last byte": (_set("runs", 1, "correct", to=LAST_BIT), "zeros to the end"),
    "too many": (_set("runs", 1, "correct", to=HUGE), "83 bits"),
    "seed": (_set("runs", 0, "seed", to=-1), "seed: must be at least 0"),
    "origin": (_set("runs", 0, "origin", to=1), "origin: must be under 1"),
    "ids": (_set("test_ids", to="xyz"), "test_ids: must be 64"),
    "recipe": (_set("settings", "recipe", to="long"), "settings.recipe: must be a table"),
    "epochs": (_set("settings", "recipe", "epochs", to=0), "recipe.epochs: must be at least 1"),
    "training": (_set("settings", "train_images", to="all"), "train_images: must be at least 1"),
    "learned": (_set("runs", 0, "learned", "right", to=2), "right: must be at most 1"),
    "no baseline": (_drop_baseline, "the baseline, none, must be among"),
    "twice": (_repeat, "each seed once"),
    "rule": (_set("rule", "alpha", to=2.0), "alpha"),
    "unknown field": (_set("more", to=1), "more"),
}


PUBLISHED = read_contributions(RESULTS)


@pytest.mark.parametrize("one", PUBLISHED, ids=[one.file for one in PUBLISHED])
def test_a_published_file_is_whole(one: Contribution) -> None:
    seeds = {run.seed for run in one.runs}
    assert len(seeds) >= 6
    assert {(run.arm, run.seed) for run in one.runs} == {
        (arm, seed) for arm in arms_at(one.at) for seed in seeds
    }
    assert one.settings["recipe"].items() >= one.at.recipe.items()
    assert one.settings["image_size"] == one.at.source.image_size
    assert all(run.learned for run in one.runs)
    for origin in one.origins:
        assert origin.git_commit
        assert not origin.git_commit.endswith("+")


def test_a_published_cell_run_again_has_its_bits(tmp_path: Path) -> None:
    (one,) = (one for one in PUBLISHED if one.file == "digits-small-amd-epyc-2-cores.json")
    theirs, here = one.origins[0], provenance()
    same = (theirs.machine.processor, theirs.machine.cores, theirs.versions["torch"]) == (
        here.machine.processor,
        here.machine.cores,
        here.versions["torch"],
    )
    if not same or not torch.cpu._is_avx512_bf16_supported():
        pytest.skip("sums are rounded in another order on other processors and versions")
    again = options(tmp_path, seeds=1, changes=(), precision=one.settings["precision"])
    again = replace(again, arms=("none", "mixup"), engine=Local(2))

    assert run_places([one.at], again) == 0

    rerun = contribution_of(one.at, tmp_path)
    assert rerun.settings["threads"] == one.settings["threads"] == 1
    for arm in again.arms:
        assert rerun.correct[arm][0].tolist() == one.correct[arm][0].tolist()


@pytest.mark.parametrize(("change", "told"), TAMPERED.values(), ids=TAMPERED)
def test_a_bad_file_is_refused_in_one_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[Any], None],
    told: str,
) -> None:
    path = write(made(), tmp_path)
    values = json.loads(path.read_text())
    change(values)
    path.write_bytes(sealed_json(values))  # its digest is right

    with pytest.raises(InputError, match=told):
        read_contribution(path)
    assert main(["pages", "--results", str(tmp_path), "--docs", str(tmp_path / "docs")]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert path.name in error
    assert not (tmp_path / "docs").exists()


def test_a_changed_byte_or_a_missing_digest_is_refused(tmp_path: Path) -> None:
    path = write(made(), tmp_path)
    whole = path.read_text()
    path.write_text(whole.replace('"seed": 5', '"seed": 7', 1))
    with pytest.raises(InputError, match="checksum"):
        read_contribution(path)
    values = json.loads(whole)
    del values["sha256"]
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match="checksum"):
        read_contribution(path)


def baseline_accuracy(contribution: Contribution) -> list[float]:
    return [run.accuracy for run in contribution.runs if run.arm == "none"]


def test_pages_show_every_cell_and_keep_what_people_wrote(tmp_path: Path) -> None:
    results, docs = tmp_path / "results", tmp_path / "docs"
    write(made(), results)
    call = ["pages", "--results", str(results), "--docs", str(docs)]
    assert main(call) == 0
    assert {path.name for path in docs.iterdir()} == {"atlas.md", "atlas.png", "atlas-digits.md"}
    page = docs / "atlas.md"
    rows = [line for line in page.read_text().splitlines() if line.startswith("| `")]
    assert len(rows) == len(arms()) - 1
    assert {row.count("|") for row in rows} == {len(PLACES) + 2}
    (flip,) = [row for row in rows if row.startswith("| `flip`")]
    assert flip.count("not run") == len(PLACES) - 1
    assert "6 seeds; helps" in flip
    (place,) = [line for line in page.read_text().splitlines() if "| digits, small | 40 |" in line]
    assert place.endswith(f"| 1 | 20 | 75.0 | {100 * np.mean(baseline_accuracy(made())):.1f} |")

    page.write_text(page.read_text().replace("# The atlas:", "# Mine:"))
    before = page.read_text()
    assert main(call) == 0
    assert page.read_text() == before
    page.write_text("no marks")
    assert main(call) == 2
    assert page.read_text() == "no marks"


def test_without_contributions_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pages", "--results", str(tmp_path), "--docs", str(tmp_path / "docs")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_part_stands_between_its_marks() -> None:
    text = "a\n<!-- atlas:begin x -->\nold\n<!-- atlas:end x -->\nb"
    whole = "a\n<!-- atlas:begin x -->\n\\1 new\n<!-- atlas:end x -->\nb"
    assert filled(text, {"x": "\\1 new"}, "page") == whole


class Clock:
    """An engine whose cells take ten seconds of a clock of its own."""

    def __init__(self) -> None:
        self.now, self.ran = 0.0, []

    def cells_at_once(self, work: object) -> int:
        return 1

    def run(self, cells: Any, job: Job) -> None:
        for cell in cells:
            self.now += 10
            self.ran.append((cell.seed, cell.augmentation))
            job.on_event(CellDone(cell.name, 0.5, 10.0))


def test_no_cell_begins_that_would_end_too_late_and_seeds_come_in_turn() -> None:
    clock = Clock()
    cells = [Cell("d", "f", "tiny", arm, seed) for arm in ("none", "flip") for seed in (0, 1)]
    UntilDeadline(35, clock, lambda: clock.now).run(cells, Job(None, None))  # type: ignore[arg-type]
    assert clock.ran == [(0, "none"), (0, "flip"), (1, "none")]


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("atlas")
    assert run_places([PLACE], options(out)) == 0
    return out


def test_a_study_makes_a_round_trip(studied: Path, tmp_path: Path) -> None:
    call = ["contribute", "--out", str(studied), "--results", str(tmp_path)]
    assert main([*call, "--places", PLACE.name]) == 0
    (path,) = tmp_path.iterdir()
    read = read_contribution(path)
    assert read == contribution_of(PLACE, studied)
    assert str(studied) not in path.read_text()
    assert [(run.arm, run.seed, run.images) for run in read.runs] == [
        ("none", 0, 50),
        ("flip", 0, 50),
        ("none", 1, 50),
        ("flip", 1, 50),
    ]
    for run in read.runs:
        (folder,) = (studied / PLACE.name / "runs").glob(f"*.{run.arm}.s{run.seed}.*")
        told = json.loads((folder / "result.json").read_text())["test"]["accuracy"]
        with np.load(folder / "predictions.npz") as stored:
            right = stored["test_logits"].argmax(1) == stored["test_labels"]
            order = np.argsort(stored["test_ids"])
        assert run.accuracy == pytest.approx(told)
        assert run.learned is not None
        assert run.learned.images == read.settings["train_images"] == 40
        assert read.correct[run.arm][run.seed].tolist() == right[order].tolist()
    assert compare(read)["flip"].verdict == "cannot say"  # the rule asks for six seeds


def test_only_what_is_missing_is_run(studied: Path) -> None:
    results = sorted((studied / PLACE.name / "runs").glob("*/result.json"))
    before = {path: path.stat().st_mtime_ns for path in results}
    assert missing(PLACE, options(studied)) == "complete, 4 runs"
    results[-1].unlink()
    del before[results[-1]]
    assert missing(PLACE, options(studied)).startswith("1 of 4 runs are missing")

    assert run_places([PLACE], options(studied)) == 0

    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert missing(PLACE, options(studied)) == "complete, 4 runs"


def test_one_cell_run_again_has_the_same_bits(studied: Path, tmp_path: Path) -> None:
    read = contribution_of(PLACE, studied)
    again = options(tmp_path, seeds=1)
    assert make_study(PLACE, again).settings.recipe.epochs == read.settings["recipe"]["epochs"]
    assert run_places([PLACE], again) == 0
    rerun = contribution_of(PLACE, tmp_path)
    assert [run.correct for run in rerun.runs] == [run.correct for run in read.runs[:2]]
