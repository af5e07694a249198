"""Bad and odd image files: each is used, converted with a note, or set aside with its reason."""

import json
import os
import re
import socket
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from odd_images import IGNORED, USED, Kind, many_scans, plain_png, png
from odd_kinds import CONVERTED, KINDS, SET_ASIDE, SOUND
from typer.testing import CliRunner

from augury.cli.app import app
from augury.data import load_dataset

# Decodes in a process that may take no more than so much memory on top of what it starts with.
CHILD = """
import json, pathlib, resource, sys
from augury.data import load_dataset
import augury.data.folders.decode

def kilobytes(field):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split(field + ":")[1].split()[0])

limit = kilobytes("VmSize") * 1024 + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is counted anew
before = kilobytes("VmRSS")
dataset = load_dataset(sys.argv[1], image_size=16)
grown = kilobytes("VmHWM") - before
print(json.dumps({"fingerprint": dataset.fingerprint, "grown_mb": grown // 1024}))
"""
ALLOWED = 700_000_000  # bytes; the text of 64 MB that a bomb holds is far less

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".ppm")

# A file's name, and how it is told: worked out by hand.
NAMES = {
    b"with spaces and 'quotes\".png": "with spaces and 'quotes\".png",
    b"-leading-dash.png": "-leading-dash.png",
    b"line\nbreak.png": "line\\x0abreak.png",
    b"\x1b[31mred.png": "\\x1b[31mred.png",
    b"back\\slash.png": "back\\\\slash.png",
    b"\xff\xfe.png": "\\xff\\xfe.png",
    b"\xfe\xff.png": "\\xfe\\xff.png",
    "turned \u202egnp.png".encode(): "turned \\u202egnp.png",
    "smile \U0001f600.png".encode(): "smile \U0001f600.png",
    "e\u0301.png".encode(): "e\u0301.png",
    "\u00e9.png".encode(): "\u00e9.png",
    b"case.png": "case.png",
    b"CASE.png": "CASE.png",
    b"a" * 251 + b".png": "a" * 251 + ".png",
    b"%s {0} $HOME.png": "%s {0} $HOME.png",
    b"[bold]markup.png": "[bold]markup.png",
}


class Folder:
    """A folder of odd files, and what must be said of each of its paths."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.expected: dict[int, tuple[np.ndarray, int]] = {}
        self.fates: dict[str, str] = {}
        self.notes: Counter[str] = Counter()
        self.kinds: set[str] = set()
        self.made = 0
        self._images: dict[str, tuple[np.ndarray | None, int]] = {}
        for name in ("ant", "bee"):
            (root / name).mkdir(parents=True)

    def add(self, kind: Kind, number: int) -> None:
        content, pixels = kind.make(np.random.default_rng([number, *kind.name.encode()]))
        path = f"{('ant', 'bee')[number % 2]}/{kind.name}-{number:04}{kind.suffix}"
        (self.root / path).write_bytes(content)
        self.note(kind.name, path, kind.fate, pixels, kind.tolerance)
        if kind.note:
            self.notes[kind.note] += 1

    def note(self, kind, path, fate=USED, pixels=None, tolerance=0, image=True) -> None:
        """`image`: whether a file is an image by its name, and so has a number."""
        self.kinds.add(kind)
        self.made += 1
        self.fates[path] = fate
        if image and fate != IGNORED and path.lower().endswith(IMAGES):
            self._images[path] = (pixels, tolerance)

    def numbered(self) -> dict[int, str]:
        return dict(enumerate(sorted(self._images)))

    def check(self, dataset) -> dict[str, int]:
        """Every file has met its fate; how many met which."""
        told = {aside.path: aside.reason for aside in dataset.set_aside}
        assert len(told) == len(dataset.set_aside)
        refused = {path: fate for path, fate in self.fates.items() if fate not in (USED, IGNORED)}
        assert told.keys() == refused.keys()
        for path, fate in refused.items():
            assert re.search(fate, told[path]), (path, told[path])
            assert "\n" not in path + told[path]
        rows = {}
        for part in (dataset.train, dataset.test):
            rows |= dict(zip(part.ids.tolist(), part.images, strict=True))
        used = {i: path for i, path in self.numbered().items() if self.fates[path] == USED}
        assert rows.keys() == used.keys()
        for number, path in used.items():
            pixels, tolerance = self._images[path]
            difference = np.abs(rows[number].transpose(1, 2, 0).astype(int) - pixels).max()
            assert difference <= tolerance, (path, difference)
        # A note on damaged profiles ends with the names of the first files.
        said = {note.partition(": '")[0] for note in dataset.notes if " images: " in note}
        assert said == {f"{n:,} of {len(used):,} images: {note}" for note, n in self.notes.items()}
        converted = sum(self.notes.values())
        return {
            "files": self.made,
            "kinds": len(self.kinds),
            "used_as_they_are": len(used) - converted,
            "converted_with_a_note": converted,
            "set_aside_with_a_reason": len(told),
            "ignored": sum(fate == IGNORED for fate in self.fates.values()),
        }


def sound(number: int) -> np.ndarray:
    return np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)


def add_places(folder: Folder) -> None:
    """What a folder can hold besides files with odd content."""
    root, outside = folder.root, folder.root.parent / "outside"
    (outside / "pictures").mkdir(parents=True)
    for number, (name, printed) in enumerate(NAMES.items()):
        with open(bytes(root / "ant") + b"/" + name, "wb") as file:
            file.write(plain_png(sound(number)))
        folder.note("odd-name", f"ant/{printed}", USED, sound(number))
    (outside / "pictures" / "linked.png").write_bytes(plain_png(sound(100)))
    (root / "bee" / "link-out.png").symlink_to(outside / "pictures" / "linked.png")
    folder.note("link-out", "bee/link-out.png", USED, sound(100))
    (root / "bee" / "link-to-a-folder").symlink_to(outside / "pictures")
    folder.note("link-to-a-folder", "bee/link-to-a-folder/linked.png", USED, sound(100))
    os.link(outside / "pictures" / "linked.png", root / "ant" / "hard-link.png")
    folder.note("hard-link", "ant/hard-link.png", USED, sound(100))
    (root / "ant" / "folder.png").mkdir()
    (root / "ant" / "folder.png" / "inside.png").write_bytes(plain_png(sound(101)))
    folder.note("folder-named-png", "ant/folder.png/inside.png", USED, sound(101))

    def refuse(kind, name, fate, image=False):
        folder.note(kind, name, fate, image=image)

    (root / "bee" / "dangling.png").symlink_to(outside / "gone.png")
    refuse("link-to-nowhere", "bee/dangling.png", "^a broken link$")
    (root / "bee" / "self.png").symlink_to(root / "bee" / "self.png")
    refuse("link-to-itself", "bee/self.png", "^a broken link$")
    (root / "bee" / "one.png").symlink_to(root / "bee" / "two.png")
    (root / "bee" / "two.png").symlink_to(root / "bee" / "one.png")
    refuse("links-in-a-circle", "bee/one.png", "^a broken link$")
    refuse("links-in-a-circle", "bee/two.png", "^a broken link$")
    (root / "bee" / "up").symlink_to(root)
    refuse("link-to-a-folder-above", "bee/up", "^a link to a folder that holds it$")
    os.mkfifo(root / "ant" / "pipe.png")
    refuse("pipe", "ant/pipe.png", "^not a regular file$")
    (root / "ant" / "link-to-a-pipe.png").symlink_to(root / "ant" / "pipe.png")
    refuse("link-to-a-pipe", "ant/link-to-a-pipe.png", "^not a regular file$")
    (root / "ant" / "device.png").symlink_to("/dev/zero")
    refuse("link-to-a-device", "ant/device.png", "^not a regular file$")
    here = os.getcwd()
    os.chdir(root / "ant")  # as a socket's path may have no more than 108 bytes
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.png")
    finally:
        os.chdir(here)
    refuse("socket", "ant/socket.png", "^not a regular file$")
    with (root / "ant" / "sparse.png").open("wb") as file:
        file.truncate(1 << 40)
    refuse("terabyte", "ant/sparse.png", "^larger than 200 MB$")
    (root / "stray.png").write_bytes(plain_png(sound(102)))
    refuse("outside-the-classes", "stray.png", "^lies in no class folder$")
    for name in ("ant/.hidden.png", "ant/..png", "ant/...png", "ant/._x.png", "ant/.DS_Store",
                 "bee/Thumbs.db", "bee/desktop.ini", "__MACOSX/ant/x.png"):  # fmt: skip
        (root / name).parent.mkdir(exist_ok=True, parents=True)
        (root / name).write_bytes(plain_png(sound(103)))
        folder.note("hidden-or-clutter", name, IGNORED)


def check_many(tmp_path, total: int):
    """`total` files in a child whose memory is bounded; the counts, and what the child said."""
    folder = Folder(tmp_path / "odd")
    add_places(folder)
    number = 0
    while folder.made < total:
        folder.add(KINDS[number % len(KINDS)], number)
        number += 1
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(folder.root), str(ALLOWED)],
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    assert child.stderr == ""
    said = json.loads(child.stdout)
    dataset = load_dataset(str(folder.root), image_size=16)  # out of the cache
    assert dataset.fingerprint == said["fingerprint"]
    counts = folder.check(dataset)
    command = ["data", str(folder.root), "--image-size", "16", "--out", str(tmp_path / "figures")]
    told = CliRunner().invoke(app, [*command, "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["set_aside"] == [vars(aside) for aside in dataset.set_aside]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0
    lines = told.stdout.split("files set aside:\n")[1].splitlines()
    reasons = Counter(aside.reason for aside in dataset.set_aside)
    # Five of each reason, and a line for the others of one that has more.
    expected = sum(min(number, 5) + (number > 5) for number in reasons.values())
    assert len([line for line in lines if not line.startswith("figure: ")]) == expected
    return {**counts, "lines_told": len(dataset.set_aside), "memory_grown_mb": said["grown_mb"]}


def test_odd_files_meet_their_fates(tmp_path, counts):
    counts("odd image files (short)", **check_many(tmp_path, 300))


@pytest.mark.faults
def test_ten_thousand_odd_files_meet_their_fates(tmp_path, counts):
    counts("odd image files", **check_many(tmp_path, 10_000))


def rows(bytes_in_a_row: int) -> bytes:
    return (b"\0" + b"\x7f" * bytes_in_a_row) * HEIGHT


WIDTH, HEIGHT = 9400, 9500  # nearly as many pixels as are allowed
LARGEST = {
    "rgb": lambda: png(WIDTH, HEIGHT, 8, 2, rows(3 * WIDTH)),
    "rgba": lambda: png(WIDTH, HEIGHT, 8, 6, rows(4 * WIDTH)),
    "gray-alpha": lambda: png(WIDTH, HEIGHT, 8, 4, rows(2 * WIDTH)),
    "gray-16-bit": lambda: png(WIDTH, HEIGHT, 16, 0, rows(2 * WIDTH)),
    "one-bit": lambda: png(WIDTH, HEIGHT, 1, 0, rows(WIDTH // 8)),
    "scans": lambda: many_scans(200 - 1, side=9400),
}


@pytest.mark.faults
def test_the_largest_images_take_bounded_memory(tmp_path, counts):
    for number, (name, make) in enumerate(LARGEST.items()):
        path = tmp_path / "large" / ("ant", "bee")[number % 2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".jpg" if name == "scans" else ".png").write_bytes(make())
    child = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path / "large"), str(2_000_000_000)],
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    dataset = load_dataset(str(tmp_path / "large"), image_size=16)
    assert dataset.set_aside == ()
    grown = json.loads(child.stdout)["grown_mb"]
    counts("largest images", files=len(LARGEST), used=len(LARGEST), memory_grown_mb=grown)


def test_the_kinds_are_many_and_differ():
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 30
    assert min(map(len, (SOUND, CONVERTED, SET_ASIDE))) > 10
