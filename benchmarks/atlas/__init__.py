"""The atlas: every augmentation by itself on several data sets, with few and with many images.

python -m benchmarks.atlas run          train what is not done yet
python -m benchmarks.atlas contribute   keep what was found, in one checked file for each place
python -m benchmarks.atlas pages        write docs/results/atlas.md and its pages from those files

`places.py` says what is trained where.
"""
