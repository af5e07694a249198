"""Settings, and the plan that they make of a study: its cells, data sets and speeds.

Nothing is trained here.
"""
