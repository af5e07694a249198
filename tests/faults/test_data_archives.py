"""Archives that mean harm: nothing is written outside, and each is told in a clear line."""

import bz2
import gzip
import json
import lzma
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hostile import COUNT, NAMES, Hostile, picture
from hostile_tars import TARS, tarred
from hostile_zips import ZIPS, zipped

from augury.data import load_dataset
from augury.errors import DataError

# Reads archives in a process with little memory and small files to write, one after the other.
# The sum that any archive may unpack to is made smaller, so that the test is quick.
CHILD = """
import json, pathlib, resource, sys
from augury.data import load_dataset
from augury.data.folders import archive
from augury.errors import AuguryError

def kilobytes(field):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0])

before = kilobytes("VmRSS")
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
memory = kilobytes("VmSize") * 1024 + 700_000_000
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_FSIZE, (250_000_000, 250_000_000))
archive.FREE_BYTES = 150_000_000
for path in sys.argv[1:]:
    try:
        dataset = load_dataset(path)
    except AuguryError as error:
        said = {"error": str(error), "code": error.exit_code}
    else:
        aside = [[file.path, file.reason] for file in dataset.set_aside]
        said = {"images": len(dataset.train) + len(dataset.test), "told": aside}
    print(json.dumps(said), flush=True)
print(json.dumps({"grown_mb": (kilobytes("VmHWM") - before) // 1024}))
"""
SLOW = {"lying.zip", "lying-bzip2.zip", "lying-lzma.zip", "sum.zip", "hundred-thousand.zip"} | {
    "hundred-thousand.tar.gz", "large.zip", "nested.zip", "bomb.tar.gz", "bomb.tar.xz",
    "bomb.tar.bz2", "tail.tgz", "greedy.tar.xz",
}  # fmt: skip


def snapshot(*folders: Path) -> dict[str, tuple[int, int]]:
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for folder in folders
        for path in sorted(folder.rglob("*"))
    }


def check(archive: Hostile, said: dict, path: Path) -> None:
    if archive.error:
        assert said.get("code") == 2, (archive.name, said)
        assert said["error"].startswith(f"{path}: "), archive.name
        assert re.search(archive.error, said["error"]), (archive.name, said["error"])
        assert "\n" not in said["error"]
        return
    assert "error" not in said, (archive.name, said)
    assert said["images"] == archive.images, archive.name
    told = dict(said["told"])
    assert len(told) == len(said["told"])
    assert told.keys() == archive.told.keys(), archive.name
    for name, reason in told.items():
        assert re.search(archive.told[name], reason), (archive.name, name, reason)
        assert "\n" not in name + reason


def read_all(archives: list[Hostile], tmp_path: Path) -> dict[str, int]:
    place = tmp_path / "deep" / "deeper"
    place.mkdir(parents=True)
    paths = [place / archive.name for archive in archives]
    for path, archive in zip(paths, archives, strict=True):
        path.write_bytes(archive.make())
    before = snapshot(tmp_path)
    child = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, paths)],
        capture_output=True, text=True, timeout=1500, cwd=place,
    )  # fmt: skip
    assert child.returncode == 0, child.stderr[-2000:]
    assert child.stderr == ""
    *said, last = [json.loads(line) for line in child.stdout.splitlines()]
    for archive, path, words in zip(archives, paths, said, strict=True):
        check(archive, words, path)
    after = snapshot(tmp_path)
    cache = str(tmp_path / "cache")
    assert {path: state for path, state in after.items() if not path.startswith(cache)} == {
        path: state for path, state in before.items() if not path.startswith(cache)
    }
    assert not any("partial" in path or "members.bin" in path for path in after)
    assert not list(Path("/tmp").glob("augury-*.png"))
    return {
        "archives": len(archives),
        "refused_in_one_line": sum("error" in words for words in said),
        "read_without_the_hostile_members": sum("images" in words for words in said),
        "members_set_aside": sum(len(words.get("told", ())) for words in said),
        "written_outside": 0,
        "memory_grown_mb": last["grown_mb"],
    }


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("AUGURY_CACHE", str(tmp_path / "cache"))


def test_hostile_archives(tmp_path, counts):
    quick = [archive for archive in ZIPS + TARS if archive.name not in SLOW]
    counts("hostile archives (short)", **read_all(quick, tmp_path))


@pytest.mark.faults
def test_all_hostile_archives(tmp_path, counts):
    """The bombs, and those of 100,000 members, too."""
    assert COUNT == 100_000
    counts("hostile archives", **read_all(ZIPS + TARS, tmp_path))


FORMS = {
    "zip": zipped,
    "tar": tarred,
    "tar.gz": lambda: gzip.compress(tarred()),
    "tar.xz": lambda: lzma.compress(tarred()),
    "tar.bz2": lambda: bz2.compress(tarred()),
}


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """A few bits flipped, a piece gone, doubled or zeroed, or the end cut off."""
    start, stop = sorted(rng.integers(0, len(content), 2))
    match rng.integers(5):
        case 0:
            changed = bytearray(content)
            for at in rng.integers(0, len(content), rng.integers(1, 4)):
                changed[at] ^= 1 << int(rng.integers(8))
            return bytes(changed)
        case 1:
            return content[:start]
        case 2:
            return content[:start] + content[stop:]
        case 3:
            return content[:stop] + content[start:]
        case _:
            return content[:start] + bytes(stop - start) + content[stop:]


def mutations(form: str, count: int, tmp_path: Path) -> dict[str, int]:
    """Whatever comes of a damaged archive: no picture is another, and none is missing untold."""
    whole = FORMS[form]()
    originals = {np.frombuffer(raw(number), np.uint8).tobytes() for number in range(len(NAMES))}
    results = {"archives": 0, "refused": 0, "told": 0, "harmless": 0}
    if form == "tar":
        results["a_sound_shorter_archive"] = 0
    for number in range(count):
        content = mutate(whole, np.random.default_rng(number))
        path = tmp_path / f"damaged.{form}"
        path.write_bytes(content)
        results["archives"] += 1
        try:
            dataset = load_dataset(str(path))
        except DataError as error:
            results["refused"] += "\n" not in str(error)
            continue
        finally:
            shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        images = [
            image.tobytes() for part in (dataset.train, dataset.test) for image in part.images
        ]
        assert set(images) <= originals, (form, number)
        if set(images) == originals:
            results["harmless"] += 1
        elif form == "tar" and whole.startswith(content.rstrip(b"\0")):
            # Zeros to the end from some member on: a sound archive of those before.
            results["a_sound_shorter_archive"] += 1
        else:
            assert dataset.set_aside, (form, number)
            results["told"] += 1
    assert sum(results.values()) == 2 * count
    return results


def raw(number: int) -> bytes:
    pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    assert picture(number)
    return pixels.transpose(2, 0, 1).tobytes()


@pytest.mark.parametrize("form", FORMS)
def test_damaged_archives(tmp_path, form, counts):
    counts(f"damaged .{form} (short)", **mutations(form, 20, tmp_path))


@pytest.mark.faults
@pytest.mark.parametrize("form", FORMS)
def test_many_damaged_archives(tmp_path, form, counts):
    counts(f"damaged .{form}", **mutations(form, 1000, tmp_path))
