"""Simulated searches for a combination: `step.py` is one race, `searches.py` whole searches."""
