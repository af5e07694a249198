"""Finished runs are read and become `verdicts.json` and `evidence.json`.

Start with `judge.py`; `memo.py` keeps what was judged before.
"""
