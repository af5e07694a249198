"""The kernels on the processor, by Triton's interpreter, against the plain path.

Triton decides when it is imported whether it interprets, so these tests (`interpreted/check_*.py`)
run in a process of their own.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "interpreted"


def test_interpreted_kernels_equal_the_plain_path():
    triton = pytest.importorskip("triton", reason="Triton comes with PyTorch's CUDA wheels only")
    if _version(triton) < (3, 8) and _version(np) >= (2, 4):
        pytest.skip("the interpreter of Triton 3.6 cannot loop with NumPy 2.4")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "python_files=check_*.py",
         "-o", f"pythonpath={FOLDER}", "-p", "no:cacheprovider",
         # Triton 3.6 converts arrays as older versions of NumPy allow.
         "-W", "ignore::DeprecationWarning", str(FOLDER)],
        env=os.environ | {"TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]
    assert " passed" in ran.stdout


def _version(module):
    return tuple(int(part) for part in module.__version__.split(".")[:2])
