"""Data sets that are Python objects: arrays, map-style data sets, and what a function makes.

`objects` turns them into a `Dataset`, `named` finds the function of "module:attribute", and
`stored` keeps what has no name to find it by.
"""
