"""Transforms of other libraries and of the user, made into augmentations."""
