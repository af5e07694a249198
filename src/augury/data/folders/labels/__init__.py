"""Labels from CSV tables beside the images.

`names.py` is how tables are written on the command line and in a study file, `table.py` reads one,
`matching.py` finds the files that it names, and `arrange.py` makes parts and classes of them.
"""
