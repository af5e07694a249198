"""Simulated races: many arms, workers that finish in any order, arms that come later."""
