"""Search for test images that have a near-duplicate among the training images.

`duplicates.py` finds them in arrays, `between_parts.py` in a data set, with a cache.
"""
