"""Operations that move pixels.

`resampling.py` holds what they share; neighbors in a chain become one resampling.
"""
