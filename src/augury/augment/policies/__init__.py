"""Methods that draw from a list of operations for each image.

`operations.py` applies AutoAugment's operations to a batch whose images each got their own.
"""
