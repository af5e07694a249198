"""What is expected comes from PyTorch's own operations, not from the loops for a processor."""

import pytest

from augury.kernels import plain_path


@pytest.fixture(autouse=True)
def plain():
    with plain_path():
        yield
