"""Operations that move pixels.

`resampling.py` holds the code that they share; neighbors in a chain become one resampling.
"""
