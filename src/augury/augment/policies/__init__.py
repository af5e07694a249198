"""Methods that draw from a list of operations for each image.

`operations.py` holds AutoAugment's operations and applies a different one to each image.
"""
