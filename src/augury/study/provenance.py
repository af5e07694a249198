"""Where a result comes from: command, versions, machine, commit."""

import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from augury.cores import usable_cores
from augury.records.provenance import Machine, Provenance, Resumed

_PACKAGES = ("augury", "torch", "torchvision", "timm", "numpy")


def provenance(processes: int = 1) -> Provenance:
    """Command, versions, machine and commit: what a reader needs to repeat a result.

    processes: how many share a run.
    """
    return Provenance(
        command=_command(processes),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions={"python": platform.python_version()} | {p: _version(p) for p in _PACKAGES},
        machine=machine(),
        processes=processes,
        git_commit=git_commit(),
    )


def _command(processes: int) -> str:
    program = Path(sys.argv[0])
    # python -m NAME leaves the file that it runs.
    words = [program.parent.name if program.name == "__main__.py" else program.name]
    if processes > 1:
        words = ["torchrun", "--nproc-per-node", str(processes), "-m", *words]
    return shlex.join([*words, *sys.argv[1:]])


def changes(epoch: int, before: Provenance, now: Provenance) -> tuple[Resumed, ...]:
    """The differences in environment of a resumed run; empty if there are none.

    epoch: epochs that were done; before, now: the environments. Results can be expected to be
    equal to the bit only where processor, cores, GPU, versions and processes are. The system's
    version and the memory are not compared, as no sum depends on them.
    """
    fields = [
        (name, getattr(before.machine, name), getattr(now.machine, name))
        for name in ("processor", "cores", "gpu")
    ]
    fields += [(name, before.versions.get(name), value) for name, value in now.versions.items()]
    fields += [("processes", before.processes, now.processes)]
    changed = {name: (was, value) for name, was, value in fields if was != value}
    return (Resumed(epoch, before.machine, before.versions, changed),) if changed else ()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


@cache
def machine() -> Machine:
    """The machine that this process runs on."""
    return Machine(
        platform=platform.platform(),
        processor=_processor(),
        cores=usable_cores(),
        memory_gb=_memory_gb(),
        gpu=torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _memory_gb() -> float | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (ValueError, OSError):
        return None


@cache
def git_commit() -> str | None:
    """The commit of the checkout that augury runs from, `+` after it where files differ."""
    folder = Path(__file__).parents[3]
    if not (folder / ".git").exists():
        return None  # installed: whatever checkout lies around it is not ours
    commit = _git("rev-parse", "--short=12", "HEAD", folder=folder)
    if not commit:
        return None
    return commit + ("+" if _git("status", "--porcelain", "-uno", folder=folder) else "")


def _git(*arguments: str, folder: Path) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
