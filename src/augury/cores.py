"""How many processor cores this process may use."""

import os
from collections.abc import Iterator
from pathlib import Path

_GROUPS, _OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")


def usable_cores() -> int:
    """At least 1; fewer than the machine has where something has bound this process to few.

    That is a batch system or `taskset`, or a container's share of processor time (`docker run
    --cpus 2`), rounded down. More threads than that would wait for each other: a training step
    takes thirty times as long.
    """
    bound = hasattr(os, "sched_getaffinity")
    cores = len(os.sched_getaffinity(0)) if bound else os.cpu_count() or 1
    share = container_share()
    return cores if share is None else max(1, min(cores, int(share)))


def container_share(groups: Path = _GROUPS, own: Path = _OWN) -> float | None:
    """Cores' worth of processor time that Linux's control groups allow; None for no bound.

    groups: where they are mounted; own: the file that names those of this process. A group has at
    most what those that it is in have.
    """
    try:
        lines = own.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    shares = [share for line in lines for share in _shares(line, groups)]
    return min(shares, default=None)


def _shares(line: str, groups: Path) -> Iterator[float]:
    """The bounds of one of this process's groups and of those around it; line: "0::/its/path"."""
    _, _, rest = line.partition(":")
    kinds, _, path = rest.partition(":")
    if kinds and "cpu" not in kinds.split(","):
        return
    mounts = [groups / "cpu", groups / "cpu,cpuacct"] if kinds else [groups]
    inside = Path(path.lstrip("/"))
    for mount in mounts:
        # Within a container the path may be the host's; its own group is then at the mount.
        for each in (inside, *inside.parents):
            share = _share_v1(mount / each) if kinds else _share_v2(mount / each)
            if share is not None:
                yield share


def _share_v2(group: Path) -> float | None:
    """cpu.max: "200000 100000", or "max 100000"."""
    return _ratio(_words(group / "cpu.max"))


def _share_v1(group: Path) -> float | None:
    """cpu.cfs_quota_us, -1 for none, over cpu.cfs_period_us."""
    quota = _words(group / "cpu.cfs_quota_us")
    return _ratio([*quota, *_words(group / "cpu.cfs_period_us")])


def _ratio(words: list[str]) -> float | None:
    if len(words) == 2 and all(word.isdecimal() and int(word) > 0 for word in words):
        return int(words[0]) / int(words[1])
    return None


def _words(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").split()
    except (OSError, UnicodeDecodeError):
        return []
