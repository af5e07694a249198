"""Moved to helpers.results."""

from helpers.results import make_result as fake_result

__all__ = ["fake_result"]
