"""Judging reads finished runs and writes `verdicts.json` and `evidence.json`.

Start with `judge.py`; `memo.py` is the cache of what was judged (`judged.json`).
"""
