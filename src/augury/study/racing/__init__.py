"""A race: whenever something can run, the seed that is needed most; decided arms get no more.

`next_cell.py` chooses the next cell, a pure function of what has ended. `race.py` is what engines
take their cells from: it keeps the plan on disk. `outlook.py` says what is still to come.
"""
