"""How many cores a process may use, which a batch system or a container may bound."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from augury import cores
from augury.cores import container_share, usable_cores


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds to cores")
def test_cores_are_those_that_the_process_is_bound_to():
    bound = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    code = "from augury.cores import usable_cores; print(usable_cores())"
    assert _printed(bound + code) == 1
    share = container_share()
    everything = len(os.sched_getaffinity(0))
    assert _printed(code) == (everything if share is None else max(1, min(everything, int(share))))


def _printed(code: str) -> int:
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)


def groups_with(folder: Path, own: str, files: dict[str, str]) -> tuple[Path, Path]:
    """Where control groups are mounted, and the file that names those of this process."""
    for name, content in files.items():
        file = folder / "cgroup" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    (folder / "own").write_text(own)
    return folder / "cgroup", folder / "own"


V1 = "12:memory:/docker/a1\n4:cpu,cpuacct:/docker/a1\n1:cpuset:/docker/a1\n"


@pytest.mark.parametrize(
    ("own", "files", "share"),
    [
        ("0::/\n", {"cpu.max": "250000 100000\n"}, 2.5),
        ("0::/\n", {"cpu.max": "max 100000\n"}, None),
        ("0::/\n", {}, None),
        # The smallest of a group's own bound and those around it.
        (
            "0::/user/job/step\n",
            {
                "user/job/step/cpu.max": "max 100000",
                "user/job/cpu.max": "400000 100000",
                "user/cpu.max": "800000 100000",
            },
            4.0,
        ),
        (
            V1,
            {
                "cpu/docker/a1/cpu.cfs_quota_us": "150000\n",
                "cpu/docker/a1/cpu.cfs_period_us": "100000\n",
                "cpu/cpu.cfs_quota_us": "-1\n",
                "cpu/cpu.cfs_period_us": "100000\n",
            },
            1.5,
        ),
        # Within a container only its own group is mounted.
        (
            V1,
            {
                "cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
                "cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
        # The groups of something else, and what cannot be read.
        ("12:memory:/a\n", {"a/cpu.max": "100000 100000", "cpu.max": "100000 100000"}, None),
        ("0::/\n", {"cpu.max": "many few\n"}, None),
        ("0::/\n", {"cpu.max": "100000 0\n"}, None),
        ("nonsense", {"cpu.max": "max"}, None),
        ("", {"cpu.max": "100000 100000\n"}, None),
    ],
)
def test_a_containers_share_of_processor_time(tmp_path, own, files, share):
    assert container_share(*groups_with(tmp_path, own, files)) == share


def test_a_machine_without_control_groups_has_no_share(tmp_path):
    assert container_share(tmp_path / "none", tmp_path / "neither") is None


@pytest.mark.parametrize(("share", "usable"), [(None, 8), (2.5, 2), (0.5, 1), (64.0, 8)])
def test_the_share_bounds_the_cores(monkeypatch, share, usable):
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(cores, "container_share", lambda: share)
    assert usable_cores() == usable
