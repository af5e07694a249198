"""A real small disk that is full somewhere on the way, then larger, and the same command again."""

import os
import subprocess

import pytest
from faulty import ARMS, bits, leftovers, run

KIB = 1024
TRIES = 12


def mount(folder, size):
    options = f"size={size}"
    return subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)], capture_output=True
    ).returncode


@pytest.fixture
def small_disk(tmp_path):
    """A folder to mount disks on; skipped where that is not allowed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or mount(folder, 4 * KIB) != 0:
        pytest.skip("only root may mount a small disk here")
    subprocess.run(["umount", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], capture_output=True)


@pytest.mark.faults
def test_a_disk_of_any_size(small_disk, straight, counts):
    expected = bits(straight[0])
    needed = sum(path.stat().st_size for path in straight[0].rglob("*") if path.is_file())
    full = 0
    for i in range(TRIES):
        assert mount(small_disk, (i + 1) * needed // TRIES) == 0
        folder = small_disk / "study"
        done = run(folder, *ARMS)
        told = [line for line in done.stderr.splitlines() if line.startswith("augury: ")]
        if done.returncode:
            full += 1
            assert (done.returncode, len(told)) == (5, 1), done.stderr
            assert "No space left on device" in told[0]
            assert "Traceback" not in done.stderr
        larger = f"remount,size={8 * needed}"
        subprocess.run(["mount", "-o", larger, str(small_disk)], check=True)
        again = run(folder, *ARMS)
        assert again.returncode == 0, again.stderr
        assert bits(folder) == expected
        assert leftovers(folder) == []
        subprocess.run(["umount", str(small_disk)], check=True)
    counts("small real disk", sizes=TRIES, full=full, bit_equal_afterwards=TRIES)
    assert full > 0
