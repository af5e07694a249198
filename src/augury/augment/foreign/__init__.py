"""Transforms of other libraries and of the user, made into augmentations.

`adapt.py` wraps a transform, `factory.py` finds the one that "module:attribute" names.
"""
