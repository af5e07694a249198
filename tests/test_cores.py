"""How many cores a process may use, which a batch system may bound."""

import os
import subprocess
import sys

import pytest


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux binds to cores")
def test_cores_are_those_that_the_process_is_bound_to():
    bound = "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
    code = "from augury.cores import usable_cores; print(usable_cores())"
    assert _printed(bound + code) == 1
    assert _printed(code) == len(os.sched_getaffinity(0))


def _printed(code: str) -> int:
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
