"""Loops over the images of a batch on a processor, compiled by Numba on the user's machine."""
