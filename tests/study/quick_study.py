"""Moved to helpers.studies."""

from helpers.studies import QUICK, SPEED, epochs_without_times, quick_plan, quick_settings

__all__ = ["QUICK", "SPEED", "epochs_without_times", "quick_plan", "quick_settings"]
