"""One cell: trained, tested and written, by whichever engine.

Start with `run.py`.
"""
