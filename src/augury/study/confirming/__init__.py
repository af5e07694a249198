"""Does it last? The decided arms of a study again, under other conditions.

Each condition is a race in a folder of its own, `STUDY/confirm/CONDITION`, a study like any other.
`conditions.py` lists them, `asking.py` makes their settings, `begin.py` their folders, `pricing.py`
says what they cost, and `reading.py` what they have found.
"""
