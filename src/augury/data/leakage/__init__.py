"""Test images that also stand, nearly the same, among the training images."""
