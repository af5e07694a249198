"""How many processor cores this process may use."""

import os


def usable_cores() -> int:
    """At least 1; fewer than the machine has where a batch system or `taskset` has bound it to few.

    More threads than that would wait for each other: a training step takes thirty times as long.
    """
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
