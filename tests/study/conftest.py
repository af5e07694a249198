"""Fixtures of the study's tests."""

import pytest

from augury.data import load_dataset


@pytest.fixture(scope="session")
def digits(cache_folder):
    return load_dataset("digits")
