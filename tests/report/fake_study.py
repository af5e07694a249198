"""Moved to helpers.report_studies."""

from helpers.report_studies import write_study

__all__ = ["write_study"]
